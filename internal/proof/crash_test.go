package proof

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// crashes are ways in which Go's runtime ends a process. The program sets the traceback as cmae's
// main does.
const crashes = `package main

import (
	"os"
	"runtime/debug"
	"unsafe"
)

func deeper(n int) int { return deeper(n+1) + 1 }

func main() {
	debug.SetTraceback("crash")
	switch os.Args[1] {
	case "out of memory":
		var all [][]byte
		for {
			all = append(all, make([]byte, 1<<30))
		}
	case "stack overflow":
		debug.SetMaxStack(1 << 20)
		println(deeper(0))
	case "map":
		m := map[int]int{}
		for range 4 {
			go func() {
				for i := 0; ; i++ {
					m[i%100] = i
				}
			}()
		}
		select {}
	case "segmentation":
		println(*(*int)(unsafe.Add(unsafe.Pointer(nil), 1<<40)))
	case "panic":
		go func() { panic("a bug") }()
		select {}
	}
}
`

// TestCrash: a crash of Go's runtime doesn't end with 2, the code of a user's mistake, but by a
// signal.
func TestCrash(t *testing.T) {
	dir := t.TempDir()
	source, program := filepath.Join(dir, "main.go"), filepath.Join(dir, "crash")
	if err := os.WriteFile(source, []byte(crashes), 0o644); err != nil {
		t.Fatal(err)
	}
	build := exec.Command("go", "build", "-o", program, source)
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for how, want := range map[string]string{
		"out of memory": "out of memory", "stack overflow": "stack overflow",
		"map": "concurrent map", "segmentation": "SIGSEGV", "panic": "a bug",
	} {
		t.Run(how, func(t *testing.T) {
			const limited = `ulimit -c 0; ulimit -v 4000000; exec "$@"`
			c := exec.Command("sh", "-c", limited, "sh", program, how)
			end, _ := startCommand(t, dir, c)
			if o := end(); o.code != -1 || !strings.Contains(o.stderr, want) {
				t.Errorf("exit %d: %.300s", o.code, o.stderr)
			}
		})
	}
}
