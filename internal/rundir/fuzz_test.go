package rundir

import (
	"os"
	"path/filepath"
	"testing"
)

// FuzzRows: a file of metrics is cut after the rows that a checkpoint counts, whatever it holds.
func FuzzRows(f *testing.F) {
	f.Add([]byte("{}\n{}\n{"), 1)
	f.Add([]byte(""), 5)
	f.Add([]byte("\n\n\n"), -3)
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text []byte, rows int) {
		path := filepath.Join(dir, MetricsFile)
		if err := os.WriteFile(path, text, 0o644); err != nil {
			t.Fatal(err)
		}
		kept, err := keepRows(path, rows)
		if err != nil {
			t.Fatal(err)
		}
		left, err := os.ReadFile(path)
		if err != nil || kept > max(rows, 0) || len(left) > len(text) ||
			len(left) > 0 && left[len(left)-1] != '\n' {
			t.Errorf("%d of %d rows, %q of %q, %v", kept, rows, left, text, err)
		}
	})
}
