package rundir

import (
	"os"
	"path/filepath"
	"testing"
)

func TestName(t *testing.T) {
	run := filepath.Join(t.TempDir(), "mine")
	if err := os.Mkdir(run, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Chdir(run)
	for _, path := range []string{".", "../mine/", run, "../../elsewhere/mine"} {
		if got := Name(path); got != "mine" {
			t.Errorf("%s is called %q", path, got)
		}
	}
}

// TestPicture: only a run takes pictures in.
func TestPicture(t *testing.T) {
	run := t.TempDir()
	if got := Picture(run, "a.png"); got != "a.png" {
		t.Errorf("no run yet, but the picture goes to %s", got)
	}
	if err := os.WriteFile(filepath.Join(run, MetricsFile), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	t.Chdir(run)
	for from, want := range map[string]string{
		run: filepath.Join(run, "pictures", "a.png"), ".": filepath.Join("pictures", "a.png"),
		"": "a.png",
	} {
		if got := Picture(from, "a.png"); got != want {
			t.Errorf("the picture of %q goes to %s, want %s", from, got, want)
		}
	}
}

// TestFreeAfterAKill: a process killed while it wrote a run's first settings leaves a folder that
// the next may begin in.
func TestFreeAfterAKill(t *testing.T) {
	run := Folder(t.TempDir())
	left := run.File(".config.yaml1234567890123")
	if err := os.WriteFile(left, []byte("seed"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := run.Free(false); err != nil {
		t.Error(err)
	}
	if err := run.Create(settings{1, 2}, false); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(left); err == nil {
		t.Error("what was left is still there")
	}
	if err := run.Free(false); err == nil {
		t.Error("a run's folder is free")
	}
}
