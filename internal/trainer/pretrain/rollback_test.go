package pretrain

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cmae/internal/recipe"
	"cmae/internal/rundir"
	"cmae/internal/trainer/trainertest"
)

// saved is a recipe that diverges at its second step and is saved by one rollback.
func saved(c recipe.Pretrain) recipe.Pretrain {
	c.Precision, c.Optim.BaseLR, c.Optim.WarmupEpochs = "f32", 1e30, 0
	c.Train.OnDivergence, c.Train.MaxRollbacks = recipe.Rollback, 1
	c.Train.RollbackSkip, c.Train.RollbackScale = 2, 1e-32
	return c
}

// TestRollbackResumes: a run that went back is resumed to the same bits, boxes, queue and best
// included.
func TestRollbackResumes(t *testing.T) {
	c := saved(tiny(t))
	c.Replicas = 1
	trainertest.SameBits(t, func(
		ctx context.Context, run string, resume rundir.Resume, workers int,
	) (any, error) {
		c.Loader.Workers = workers
		s, err := Pretrain(ctx, Options{Config: c, Run: run, Resume: resume})
		if err != nil {
			return nil, err
		}
		if s.Rollbacks != 1 || s.Steps != 28 {
			t.Errorf("%d rollbacks, %d steps", s.Rollbacks, s.Steps)
		}
		return s.Loss, nil
	}, []int{1}, []int{4}, []int{9, 3})
}

// TestProcessesRollBackTogether: two processes go back as two replicas do, to the same bits.
func TestProcessesRollBackTogether(t *testing.T) {
	c := saved(shared(t)["cmae"])
	c.Replicas = 2
	one, two := filepath.Join(t.TempDir(), "one"), filepath.Join(t.TempDir(), "two")
	if _, err := Pretrain(t.Context(), Options{Config: c, Run: one}); err != nil {
		t.Fatal(err)
	}
	c.Replicas = 1
	if s := together(t, c, 2, two, rundir.ResumeNever); s.Rollbacks != 1 {
		t.Errorf("%d rollbacks", s.Rollbacks)
	}
	if diff := cmp.Diff(trainertest.Digests(t, one), trainertest.Digests(t, two)); diff != "" {
		t.Errorf("two processes differ from two replicas:\n%s", diff)
	}
}
