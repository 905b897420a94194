package rundir

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cmae/internal/fault"
	"cmae/internal/report"
)

type settings struct {
	Rate    float64 `yaml:"rate" doc:"a number"`
	Threads int     `yaml:"threads" doc:"another"`
}

func TestCreate(t *testing.T) {
	f := Folder(filepath.Join(t.TempDir(), "run"))
	l, err := f.Lock(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Release()
	if err := f.Create(settings{1, 2}, false); err != nil {
		t.Fatal(err)
	}
	if err := f.Create(settings{1, 2}, false); !errors.Is(err, fault.Usage) ||
		!strings.Contains(err.Error(), "--overwrite") {
		t.Errorf("a folder with a run was not refused: %v", err)
	}
	if err := os.Mkdir(f.File("pictures"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"notes.txt", "metrics.jsonl", "pictures/attention.png"} {
		if err := os.WriteFile(f.File(name), []byte("x\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Create(settings{3, 2}, true); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(f.File("config.yaml"))
	if err != nil || !strings.Contains(string(text), "rate: 3") {
		t.Errorf("%s, %v", text, err)
	}
	if _, err := os.Stat(f.File("notes.txt")); err != nil {
		t.Error("overwriting deleted a file that no run wrote")
	}
	if old, err := os.ReadFile(f.File("metrics.jsonl")); err != nil || len(old) > 0 {
		t.Errorf("overwriting left the old metrics: %s, %v", old, err)
	}
	if _, err := os.Stat(f.File("pictures")); err == nil {
		t.Error("overwriting left pictures of the old encoder")
	}
}

// TestOverwriteIsOfRuns: files of the names that a run writes, in a folder that holds none, are
// somebody's.
func TestOverwriteIsOfRuns(t *testing.T) {
	f := Folder(t.TempDir())
	mine := f.File("pictures/holiday.jpg")
	if err := errors.Join(
		os.Mkdir(f.File("pictures"), 0o755), os.WriteFile(mine, []byte("x"), 0o644),
		os.WriteFile(f.File("config.yaml"), []byte("mine"), 0o644),
	); err != nil {
		t.Fatal(err)
	}
	err := f.Create(settings{1, 2}, true)
	if !errors.Is(err, fault.Usage) || !strings.Contains(err.Error(), "holds no run") ||
		strings.Contains(err.Error(), "overwrite") {
		t.Errorf("a folder without a run: %v", err)
	}
	if _, err := os.Stat(mine); err != nil {
		t.Error(err)
	}
}

// TestOverwritingIsKilled: a process that is killed while it overwrites a run leaves what another
// can overwrite.
func TestOverwritingIsKilled(t *testing.T) {
	for gone := range written {
		f := Folder(t.TempDir())
		for i, name := range written {
			if i < gone {
				continue
			}
			if err := os.WriteFile(f.File(name), nil, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if err := f.Create(settings{1, 2}, true); err != nil {
			t.Errorf("after %d deletions: %v", gone, err)
		}
	}
}

// TestDeletes: what overwriting would delete, by whatever path it is named.
func TestDeletes(t *testing.T) {
	dir := t.TempDir()
	f := Folder(filepath.Join(dir, "run"))
	if err := errors.Join(
		os.MkdirAll(f.File("last"), 0o755), os.Mkdir(f.File("mine"), 0o755),
		os.Mkdir(string(f)+"-other", 0o755),
		os.Symlink(string(f), filepath.Join(dir, "link")),
	); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]bool{
		"run": true, "run/last": true, "link/last": true, "link": true, "run/../run/last": true,
		"run/mine": false, "run-other": false, "missing": false, ".": false,
	} {
		if got := f.Deletes(filepath.Join(dir, path)); got != want {
			t.Errorf("%s: %v", path, got)
		}
	}
	if Folder(".").Deletes("") {
		t.Error("no weights lie in the working folder")
	}
}

func TestSameSettings(t *testing.T) {
	if err := SameSettings(settings{1, 2}, settings{1, 3}, "threads"); err != nil {
		t.Error(err)
	}
	err := SameSettings(settings{1, 2}, settings{2, 3}, "threads")
	if !errors.Is(err, fault.Usage) || !strings.Contains(err.Error(), "rate (was 1.0, now 2.0)") ||
		strings.Contains(err.Error(), "threads (") {
		t.Error(err)
	}
}

func TestFind(t *testing.T) {
	f := Folder(t.TempDir())
	for how, want := range map[Resume]error{
		ResumeNever: nil, ResumeAuto: nil, ResumeLast: fault.Usage, "sometimes": fault.Usage,
	} {
		if c, _, err := f.Find(how, nil); c != nil || !errors.Is(err, want) {
			t.Errorf("%q in an empty folder: %v, %v", how, c, err)
		}
	}
}

// TestLogs: a resumed run writes the rows again that its checkpoint has not seen.
func TestLogs(t *testing.T) {
	f := Folder(t.TempDir())
	write := func(rows int, values ...int) {
		l, err := f.OpenLogs(rows, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range values {
			if err := l.Write(Row{Step: v}); err != nil {
				t.Fatal(err)
			}
		}
		if n, err := l.Sync(); n != rows+len(values) || err != nil {
			t.Errorf("%d rows, %v", n, err)
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}
	write(0, 1, 2, 3)
	write(2, 30, 4)
	text, err := os.ReadFile(f.File("metrics.jsonl"))
	want := ""
	for _, step := range []int{1, 2, 30, 4} {
		want += fmt.Sprintf(`{"event":"","step":%d,"epoch":0}`+"\n", step)
	}
	if string(text) != want || err != nil {
		t.Errorf("%q, %v", text, err)
	}
	var out strings.Builder
	l, err := f.OpenLogs(5, report.NewConsole(&out, true))
	if err != nil ||
		!strings.Contains(out.String(), "has 4 rows of the 5 that the checkpoint has seen") {
		t.Fatalf("missing rows: %v, %q", err, out.String())
	}
	if err := l.Write(6); err != nil {
		t.Error(err)
	}
	if n, err := l.Sync(); n != 5 || err != nil {
		t.Errorf("%d rows, %v", n, err)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	if err := (*Logs)(nil).Close(); err != nil {
		t.Error(err)
	}
}
