package trainer

import (
	"path/filepath"
	"testing"

	"cmae/internal/recipe"
)

// TestPatience: a run ends after so many evaluations in a row without a better one, wherever it was
// killed meanwhile; a resume has nothing to do, unless it waits longer.
func TestPatience(t *testing.T) {
	good := func(string, float64) bool { return false }
	c := recipe.Train{
		Epochs: 8, OnDivergence: recipe.Stop, MaxRollbacks: 1, RollbackScale: 1, Patience: 2,
	}
	const scores = "+-+-.-++" // the second in a row after the sixth epoch
	for kill := range 4 {
		run := filepath.Join(t.TempDir(), "run")
		if kill > 0 {
			_ = session(t, run, c, &diverging{bad: good, scores: scores, kill: kill})
		}
		if err := session(t, run, c, &diverging{bad: good, scores: scores}); err != nil {
			t.Fatal(err)
		}
		if _, m := course(t, run); m.Epoch != 6 {
			t.Errorf("killed at save %d: ended after %d epochs, not 6", kill, m.Epoch)
		}
		again := &diverging{bad: good, scores: scores}
		if err := session(t, run, c, again); err != nil || len(again.course) > 0 {
			t.Errorf("a resume went on with %v: %v", again.course, err)
		}
		longer := c
		longer.Patience = 3
		if err := session(t, run, longer, again); err != nil || len(again.course) != 2*3 {
			t.Errorf("with more patience it went on with %v: %v", again.course, err)
		}
	}
}
