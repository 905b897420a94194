package rundir

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

// FuzzRows: a file of metrics is cut after the rows that a checkpoint counts, whatever it holds.
func FuzzRows(f *testing.F) {
	f.Add([]byte("{}\n{}\n{"), 1)
	f.Add([]byte(""), 5)
	f.Add([]byte("\n\n\n"), -3)
	f.Add([]byte("{}\nx\n{}\n"), 3)
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
			len(left) > 0 && left[len(left)-1] != '\n' || bytes.Count(left, []byte("\n")) != kept {
			t.Errorf("%d of %d rows, %q of %q, %v", kept, rows, left, text, err)
		}
	})
}

// FuzzRow: a row that can be read can be written, and is then the same.
func FuzzRow(f *testing.F) {
	for _, text := range []string{
		`{"event":"step","step":2,"epoch":0,"loss":3,"terms":{"con":1,"contrast":2,"ctr":3}}`,
		`{"event.":0}`, `{"step.by":1,"step":2}`, `{"a":1,"a.b":2}`, `{"a":{"b":1},"a.b":2}`,
		`{"STEP":3,"step":4}`, `{"event":"\u0000\u2028<"}`, `{"":{"":1}}`, `{"event":null}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var row, back Row
		if json.Unmarshal(text, &row) != nil {
			return
		}
		written, err := json.Marshal(row)
		if err == nil {
			err = json.Unmarshal(written, &back)
		}
		if err != nil || !reflect.DeepEqual(row, back) {
			t.Errorf("%+v was written as %s and read as %+v, %v", row, written, back, err)
		}
	})
}
