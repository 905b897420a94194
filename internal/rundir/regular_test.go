package rundir

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"

	"cmae/internal/fault"
	"cmae/internal/report"
)

// TestCheckFiles: a FIFO, or a folder, is refused and not waited for.
func TestCheckFiles(t *testing.T) {
	for _, name := range []string{
		"config.yaml", "metrics.jsonl", "sessions.jsonl", "train.log", "lock",
	} {
		for kind, put := range map[string]func(string) error{
			"a FIFO":   func(path string) error { return exec.Command("mkfifo", path).Run() },
			"a folder": func(path string) error { return os.Mkdir(path, 0o755) },
			"a link":   func(path string) error { return os.Symlink("nothing", path) },
		} {
			f := Folder(t.TempDir())
			if err := put(f.File(name)); err != nil {
				t.Fatal(err)
			}
			err := f.CheckFiles()
			if name == lockName {
				_, err = f.Lock(nil)
			}
			if !errors.Is(err, fault.Usage) || !strings.Contains(err.Error(), kind) ||
				!strings.Contains(err.Error(), name) {
				t.Errorf("%s: %v", name, err)
			}
			if _, err := ReadFile(f.File(name)); !errors.Is(err, fault.Usage) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	if err := Folder(t.TempDir()).CheckFiles(); err != nil {
		t.Error(err)
	}
}

// TestSweep deletes what a killed process left, and nothing else.
func TestSweep(t *testing.T) {
	f := Folder(t.TempDir())
	for _, name := range []string{
		".config.yaml123456789012345", ".metrics.jsonl123456789012345", ".mine123456789012345",
		"config.yaml",
	} {
		if err := os.WriteFile(f.File(name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	f.Sweep()
	entries, err := os.ReadDir(string(f))
	if err != nil || len(entries) != 2 || entries[0].Name() != ".mine123456789012345" {
		t.Errorf("%v, %v", entries, err)
	}
}

// TestDeletedUnderTheRun: logs and lock come back with what was in them; without its folder a run
// ends.
func TestDeletedUnderTheRun(t *testing.T) {
	f := Folder(t.TempDir() + "/run")
	var out strings.Builder
	console := report.NewConsole(&out, true)
	lock, err := f.Lock(console)
	if err != nil {
		t.Fatal(err)
	}
	logs, err := f.OpenLogs(0, console)
	if err != nil {
		t.Fatal(err)
	}
	if err := logs.Write(1); err != nil {
		t.Fatal(err)
	}
	if err := f.WriteSettings(settings{}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{MetricsFile, logFile, lockName} {
		if err := os.Remove(f.File(name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(lock.Check(console), logs.Check(), logs.Write(2)); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(f.File(MetricsFile))
	if string(text) != "1\n2\n" || err != nil {
		t.Errorf("%q, %v", text, err)
	}
	if strings.Count(out.String(), "while the run went on") != 3 {
		t.Errorf("%q", out.String())
	}
	refused(t, f, os.Getpid())
	if err := os.RemoveAll(string(f)); err != nil {
		t.Fatal(err)
	}
	if err := lock.Check(console); !errors.Is(err, errGone) {
		t.Errorf("without a folder: %v", err)
	}
	if err := errors.Join(logs.Close(), lock.Release()); err != nil {
		t.Error(err)
	}
}
