package rundir

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// FuzzRow: what is read as a row of metrics is written as one that reads the same.
func FuzzRow(f *testing.F) {
	f.Add([]byte(`{"event":"step","step":3,"epoch":0,"loss":0.5,"terms":{"pixel":1e-3}}`))
	f.Add([]byte(`{"event":"epoch","step":-1,"a":{"b":{"c":1}},"x":"1"}`))
	f.Add([]byte(`{"event":1,"step":1e99,"":{"":0},"a.b":2}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		var row, again Row
		if json.Unmarshal(line, &row) != nil {
			return
		}
		text, err := json.Marshal(row)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, &again); err != nil {
			t.Fatalf("%s became %s: %v", line, text, err)
		}
		if again.Event != row.Event || again.Step != row.Step || again.Epoch != row.Epoch {
			t.Errorf("%+v became %+v", row, again)
		}
	})
}

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
