package rundir

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestLock: one writer at a time; whoever comes second learns who the first is, and a writer that
// was killed holds nobody up.
func TestLock(t *testing.T) {
	f := Folder(filepath.Join(t.TempDir(), "run"))
	if name := os.Getenv("CMAE_TEST_HOLD"); name != "" { // the process that is killed
		if _, err := Folder(name).Lock(nil); err != nil {
			t.Fatal(err)
		}
		fmt.Println("held")
		select {}
	}
	first, err := f.Lock(nil)
	if err != nil {
		t.Fatal(err)
	}
	refused(t, f, os.Getpid())
	if err := first.Release(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(f.File(lockName)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a released lock left its file: %v", err)
	}
	other := exec.Command(os.Args[0], "-test.run=^TestLock$")
	other.Env = append(os.Environ(), "CMAE_TEST_HOLD="+string(f))
	out, err := other.StdoutPipe()
	if err == nil {
		err = other.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "held\n" {
		t.Fatalf("%q, %v", line, err)
	}
	refused(t, f, other.Process.Pid)
	if err := other.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = other.Wait() // killed
	if _, err := os.Stat(f.File(lockName)); err != nil {
		t.Errorf("the killed process left no file to pass over: %v", err)
	}
	second, err := f.Lock(nil)
	if err != nil {
		t.Fatalf("the lock of a killed process: %v", err)
	}
	if err := second.Release(); err != nil {
		t.Error(err)
	}
}

func refused(t *testing.T, f Folder, pid int) {
	t.Helper()
	_, err := f.Lock(nil)
	if !errors.Is(err, ErrHeld) ||
		!strings.Contains(
			err.Error(), fmt.Sprintf("by process %d on ", pid),
		) || strings.Contains(err.Error(), "\n") {
		t.Errorf("a second writer: %v", err)
	}
}
