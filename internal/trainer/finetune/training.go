package finetune

import (
	"context"

	"cmae/internal/contrastivecrop"
	"cmae/internal/dataset/loader"
	"cmae/internal/evaluate"
	"cmae/internal/kernel"
	"cmae/internal/rng"
	"cmae/internal/rundir"
	"cmae/internal/rundir/checkpoint"
)

// BeginEpoch has nothing to do: crops are not bounded.
func (t *tuner) BeginEpoch(context.Context) (func(image int) contrastivecrop.Box, error) {
	return nil, nil
}

// Compute mixes a batch, before its first part, and runs a part of it forward and back.
func (t *tuner) Compute(
	b *loader.Batch, first int,
) (loss float64, terms map[string]float64, err error) {
	c, s := t.config, t.step.shape
	if first == 0 {
		m := draw(c.Mix, rng.For(c.Seed, rng.Mix, uint64(t.At.Step)), t.Side)
		m.images(b.Query, c.Train.BatchSize, t.Side)
		m.targets(t.targets, b.Labels, c.Mix.Smoothing)
	}
	pixels, end := 3*s.side*s.side, first+s.batch
	loss, err = t.step.compute(
		b.Query[first*pixels:end*pixels], t.targets[first*s.classes:end*s.classes], c.Seed,
		t.At.Step, first,
	)
	return loss, nil, err
}

// Update makes the optimizer step.
func (t *tuner) Update(row *rundir.Row, grads []kernel.Tensor, scale float64) {
	t.optimizer.Step(grads, row.Values[rundir.LearningRate], scale)
}

// EndEpoch judges the classifier when it is time for that.
func (t *tuner) EndEpoch(ctx context.Context, row *rundir.Row, _ bool) (best bool, err error) {
	t.verdict = nil
	done := row.Epoch + 1
	if done != t.Epochs && done%t.config.Train.JudgeEvery != 0 {
		return false, nil
	}
	if t.verdict, err = t.judgeTest(ctx); err != nil {
		return false, err
	}
	s := t.verdict.Score()
	row.Values["test_accuracy"] = s.Accuracy
	if s.Top5 != nil {
		row.Values["test_top5"] = *s.Top5
	}
	if s.Accuracy <= t.best {
		return false, nil
	}
	t.best, t.bestEpoch = s.Accuracy, done
	return true, nil
}

// Save adds the best accuracy so far, and what the classifier's outputs are called.
func (t *tuner) Save(c *checkpoint.Checkpoint) {
	c.Classes = t.Images.Train.Classes()
	c.Metrics["best"], c.Metrics["best_epoch"] = t.best, float64(t.bestEpoch)
}

// Restore takes back what Save added.
func (t *tuner) Restore(c *checkpoint.Checkpoint) error {
	t.best, t.bestEpoch = c.Metrics["best"], int(c.Metrics["best_epoch"])
	return nil
}

func (t *tuner) judgeTest(ctx context.Context) (*evaluate.Confusion, error) {
	return t.judge.verdict(ctx, t.whole, t.Images.Test.Classes())
}
