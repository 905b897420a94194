package curves

import (
	"os"
	"path/filepath"
	"testing"

	"cmae/internal/rundir"
)

// FuzzMetrics: whatever metrics.jsonl holds, it is refused or its curves can be laid out.
func FuzzMetrics(f *testing.F) {
	f.Add([]byte(`{"event":"step","step":1,"epoch":0,"loss":0.5}` + "\n" +
		`{"event":"epoch","step":1,"epoch":0,"loss":0.5}` + "\n"))
	f.Add([]byte(`{"event":"epoch","step":4,"epoch":-1,"loss":1e308,"terms":{"pixel":0}}` + "\n"))
	f.Add([]byte("{}\n\n{\"event\":"))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text []byte) {
		if err := os.WriteFile(filepath.Join(dir, rundir.MetricsFile), text, 0o644); err != nil {
			t.Fatal(err)
		}
		h, err := readHistory(dir)
		if err != nil {
			return
		}
		if len(h.rows) == 0 {
			t.Error("no rows and no error")
		}
		panels(described(), []*history{h})
	})
}
