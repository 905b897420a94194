package finetune

import (
	"errors"
	"slices"
	"testing"

	"cmae/internal/dataset/loader"
	"cmae/internal/recipe"
	"cmae/internal/rng"
	"cmae/internal/trainer"
)

// TestABatchTakenAhead has the loss of one that is uploaded in its step: it is mixed once, by the
// draws of its step, and leaves the answers of the step before as they are. Another batch than the
// one that was taken is mixed like any.
func TestABatchTakenAhead(t *testing.T) {
	c := tiny(t, 3)
	c.Mix.Prob, c.Train.DropPath = 1, .5
	plain := losses(t, c, func(*task, *loader.Batch) {})
	for name, take := range map[string]func(*task, *loader.Batch){
		"the next": func(task *task, next *loader.Batch) {
			answers := slices.Clone(task.Fed()[fedTargets])
			if task.TakeAhead(next); !slices.Equal(answers, task.Fed()[fedTargets]) {
				t.Error("the answers of the step that is under way are lost")
			}
		},
		"another": func(task *task, _ *loader.Batch) { task.TakeAhead(labelled(c, 9)) },
	} {
		if got := losses(t, c, take); !slices.Equal(got, plain) {
			t.Errorf("%s: losses %v, want %v", name, got, plain)
		}
	}
}

// losses are those of four steps; between two of them, take gets the next one's batch.
func losses(t *testing.T, c recipe.Finetune, take func(*task, *loader.Batch)) (list []float64) {
	t.Helper()
	run, err := trainer.Bare(settings(c), 8, c.Train.BatchSize, nil)
	if err != nil {
		t.Fatal(err)
	}
	s := &task{run: run, config: c}
	defer func() {
		if err := s.close(); err != nil {
			t.Error(err)
		}
	}()
	if err := errors.Join(run.Replicate(1, nil), s.compile(s.shape(3))); err != nil {
		t.Fatal(err)
	}
	batch := labelled(c, 0)
	for step := range 4 {
		run.At.Step = step
		if err := s.ForwardBackward(batch, 0); err != nil {
			t.Fatal(err)
		}
		batch = labelled(c, step+1)
		take(s, batch)
		list = append(list, s.Losses().Total)
	}
	return list
}

// labelled is batch number n.
func labelled(c recipe.Finetune, n int) *loader.Batch {
	r := rng.For(uint64(n), rng.Synthetic)
	b := &loader.Batch{Labels: make([]int32, c.Train.BatchSize)}
	for i := range b.Labels {
		b.Labels[i] = int32(r.IntN(3))
		for range 3 * 8 * 8 {
			b.Query = append(b.Query, float32(r.NormFloat64()))
		}
	}
	return b
}
