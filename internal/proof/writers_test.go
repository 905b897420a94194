package proof

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"cmae/internal/atomicfile"
)

// TestKilledWriters: what a killed command leaves of a file that it was writing is gone after the
// next one, and nothing is left elsewhere. A command is killed amid its file where that can be
// seen; before that a process of the test is, which holds the command's files however fast the
// machine.
func TestKilledWriters(t *testing.T) {
	home, scratch := t.TempDir(), t.TempDir()
	encoder, _ := pretrained(t, home)
	t.Setenv("TMPDIR", scratch)
	const runs = 3 // come first, and are TestKilled's
	for _, c := range writers(t, home, home, encoder)[runs:] {
		t.Run(c.name, func(t *testing.T) {
			pending := func() []string {
				left, _ := filepath.Glob(filepath.Join(filepath.Dir(c.out), ".*[0-9]"))
				return left
			}
			swept := func() {
				t.Helper()
				must(t, home, c.args...)
				if left := pending(); len(left) > 0 {
					t.Errorf("left %q", left)
				}
			}
			if c.name != "cell" { // whose last file is a link
				files := []string{c.out}
				if stem, ok := strings.CutSuffix(c.out, ".npy"); ok {
					files = append(files, stem+".paths.txt")
				}
				killHolding(t, files)
				if left := pending(); len(left) != len(files) {
					t.Fatalf("there are %q of %q", left, files)
				}
				swept()
			}
			caught := 0
			for range 2 {
				caught += killWriting(t, home, c.args, pending)
			}
			swept()
			t.Logf("%d files were left by the killed", caught)
		})
	}
	if left, _ := os.ReadDir(scratch); len(left) > 0 {
		t.Errorf("left %v", left)
	}
}

// killWriting kills a command once one of its pending files is more than the trial that comes
// before the work, and says how many it leaves; none where it was too quick to be seen.
func killWriting(t *testing.T, home string, args []string, pending func() []string) (left int) {
	t.Helper()
	end, p := start(t, home, args...)
	writing, end := until(end, func() bool {
		for _, file := range pending() {
			if info, err := os.Stat(file); err == nil && info.Size() > 0 {
				return true
			}
		}
		return false
	})
	if writing {
		_ = p.Signal(syscall.SIGKILL) // which finds it or doesn't
	}
	if o := end(); o.code > 0 {
		t.Fatalf("exit %d: %s", o.code, o.stderr)
	}
	return len(pending())
}

// holding is the variable that has this test hold the files that it lists.
const holding = "CMAE_TEST_HOLD"

// hold begins files as a command does, says so, and waits for its end.
func hold(paths []string) {
	for _, path := range paths {
		f, err := atomicfile.Create(path)
		if err == nil {
			_, err = f.Write([]byte("begun"))
		}
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
	}
	fmt.Println("held")
	_, _ = io.Copy(io.Discard, os.Stdin) // until its parent ends
	os.Exit(1)
}

// killHolding kills a process that holds files which it has begun.
func killHolding(t *testing.T, paths []string) {
	t.Helper()
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), holding+"="+strings.Join(paths, string(filepath.ListSeparator)))
	input, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer input.Close()
	output, err := c.StdoutPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	line, _ := bufio.NewReader(output).ReadString('\n')
	if err := c.Process.Kill(); err != nil {
		t.Error(err)
	}
	_ = c.Wait() // killed
	if line != "held\n" {
		t.Fatalf("the holder says %q", line)
	}
}
