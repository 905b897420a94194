package pretrain

import (
	"context"
	"math"
	"slices"

	"cmae/internal/contrastivecrop"
	"cmae/internal/dataset/loader"
	"cmae/internal/kernel"
	"cmae/internal/rundir"
	"cmae/internal/rundir/checkpoint"
	"cmae/internal/trainer"
)

// BeginEpoch finds the boxes anew where the schedule says so, and returns them where
// ContrastiveCrop is active (spec 4).
func (t *pretraining) BeginEpoch(ctx context.Context) (func(image int) contrastivecrop.Box, error) {
	if err := t.refreshBoxes(ctx); err != nil {
		return nil, err
	}
	return t.cropBoxes(), nil
}

// Compute runs a part of a batch forward and back. The order of a step is that of spec 1, except
// that the optimizer of the step before has made the momentum update with which the step begins, in
// its pass over the parameters: the numbers are the same. The first step needs none, since the
// copies equal their parameters.
func (t *pretraining) Compute(
	b *loader.Batch, first int,
) (loss float64, terms map[string]float64, err error) {
	t.Timed("inputs", func() { t.step.Set(b, first) })
	if err := t.step.Run(); err != nil {
		return 0, nil, err
	}
	loss, terms = t.step.Losses()
	return loss, terms, nil
}

// Update makes the optimizer step and the momentum update of the next step, and writes this step's
// keys to the queue.
func (t *pretraining) Update(row *rundir.Row, grads []kernel.Tensor, scale float64) {
	c, steps := t.config.Contrast, t.Epochs*t.Steps()
	if c.Weight > 0 {
		m := c.MomentumAt(t.At.Step, steps)
		row.Values[rundir.Momentum] = m // of this step, whose momentum update the step before made
	}
	t.optimizer.StepAhead(grads, row.Values[rundir.LearningRate], scale, c.MomentumAt(t.At.Step+1, steps))
	t.step.Enqueue(t.At.Step)
}

// EndEpoch measures kNN when that is due. The best loss is the lowest of the epochs that are saved,
// the best accuracy the highest of those measured.
func (t *pretraining) EndEpoch(
	ctx context.Context, row *rundir.Row, saved bool,
) (best bool, err error) {
	c := t.config.Train
	score, scored := row.Values[rundir.Loss], saved && c.Best == "loss"
	if c.KNNEvery > 0 && (row.Epoch+1)%c.KNNEvery == 0 {
		accuracy, err := t.onlineKNN(ctx)
		if err != nil {
			return false, err
		}
		row.Values["knn_accuracy"], t.accuracy = accuracy, &accuracy
		if c.Best == "knn" {
			score, scored = -accuracy, true
		}
	}
	if !scored || score >= t.best {
		return false, nil
	}
	t.best = score
	return true, nil
}

// Save adds the queue, the boxes with the epoch of their last refresh, and the best score.
func (t *pretraining) Save(c *checkpoint.Checkpoint) {
	c.Metrics[rundir.RefreshedMetric] = float64(t.refreshed)
	if !math.IsInf(t.best, 0) {
		c.Metrics["best"] = t.best
	}
	if q := t.step.Queue(); !q.Absent() {
		queue := trainer.Download(t.Choice.Engine, "queue", q)
		c.Tensors[rundir.StateGroup] = []checkpoint.Tensor{queue}
	}
	if t.boxes != nil {
		rundir.SaveBoxes(c, t.boxes)
	}
}

// Restore takes back what Save added.
func (t *pretraining) Restore(c *checkpoint.Checkpoint) error {
	t.refreshed = int(c.Metrics[rundir.RefreshedMetric])
	if best, ok := c.Metrics["best"]; ok {
		t.best = best
	}
	if t.boxes != nil {
		if _, err := rundir.RestoreBoxes(c, t.boxes); err != nil {
			return err
		}
	}
	arrays := slices.DeleteFunc(
		slices.Clone(c.Tensors[rundir.StateGroup]),
		func(s checkpoint.Tensor) bool { return s.Name == rundir.BoxesTensor },
	)
	places := map[string]kernel.Tensor{}
	if q := t.step.Queue(); !q.Absent() {
		places["queue"] = q
	}
	return trainer.Fill(t.Choice.Engine, arrays, places)
}
