package ablate

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestSecondsOfAKilledSession: a session that could not write its end counts until its last
// checkpoint.
func TestSecondsOfAKilledSession(t *testing.T) {
	r := &run{folder: filepath.Join(t.TempDir(), "seed-1")}
	if got, err := r.secondsBefore(); got != 0 || err != nil {
		t.Errorf("%g s before anything was there, %v", got, err)
	}
	checkpoint := filepath.Join(r.folder, "last")
	if err := os.MkdirAll(checkpoint, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := r.keepSeconds(100); err != nil {
		t.Fatal(err)
	}
	begin := time.Now().Add(-time.Hour)
	// the checkpoint was written so long after the session's begin
	for _, c := range []struct{ after, want float64 }{{20, 120}, {-5, 100}} {
		saved := begin.Add(time.Duration(c.after * float64(time.Second)))
		if err := errors.Join(
			os.Chtimes(r.clock(), begin, begin), os.Chtimes(checkpoint, saved, saved),
		); err != nil {
			t.Fatal(err)
		}
		if got, err := r.secondsBefore(); math.Abs(got-c.want) > 1e-6 || err != nil {
			t.Errorf(
				"checkpoint %g s after the begin: %g s, %v; want %g", c.after, got, err, c.want,
			)
		}
	}
}
