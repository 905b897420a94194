package atomicfile

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
)

func names(t *testing.T, dir string) (all []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

// TestMain holds a file until it is killed or its test has ended, where a test has started it for
// that.
func TestMain(m *testing.M) {
	if path := os.Getenv("ATOMICFILE_TEST_HOLD"); path != "" {
		if _, err := Create(path); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println("held")
		_, _ = io.Copy(io.Discard, os.Stdin) // until the test closes it
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// TestKilled: a process that is killed leaves a temporary file beside the file's place; the next
// one deletes it, but nothing that a living process still writes, or of another name.
func TestKilled(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "e.npy")
	for _, other := range []string{".e.npy123", ".e.npyx123456789012345", "e.npy1234567890123"} {
		if err := os.WriteFile(filepath.Join(dir, other), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	others := names(t, dir)
	holder := exec.Command(os.Args[0])
	holder.Env = append(os.Environ(), "ATOMICFILE_TEST_HOLD="+path, "TMPDIR="+t.TempDir())
	input, err := holder.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer input.Close()
	output, err := holder.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := holder.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(output).ReadString('\n'); line != "held\n" {
		t.Fatalf("the holder says %q, %v", line, err)
	}
	if err := Write(path, []byte("1"), 0o644); err != nil {
		t.Fatal(err)
	}
	if n := len(names(t, dir)); n != len(others)+2 {
		t.Errorf("beside a living process: %q", names(t, dir))
	}
	if err := holder.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = holder.Wait() // killed
	if err := Write(path, []byte("2"), 0o644); err != nil {
		t.Fatal(err)
	}
	want := slices.Sorted(slices.Values(append(others, "e.npy")))
	if got := names(t, dir); !slices.Equal(got, want) {
		t.Errorf("left %q, want %q", got, want)
	}
}
