package finetune

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"cmae/internal/evaluate"
	"cmae/internal/loader"
	"cmae/internal/report"
	"cmae/internal/rng"
	"cmae/internal/runs"
	"cmae/internal/trainer"
)

// loop runs the epochs that are left and judges the classifier that they end with.
func (t *tuner) loop(ctx context.Context) error {
	epochs := t.config.Train.Epochs
	task := t.console.Begin("finetune", t.at.step, epochs*t.loader.Steps())
	defer task.End()
	for t.at.epoch < epochs {
		err := t.epoch(ctx, task)
		if err == nil {
			err = t.endEpoch(ctx)
		}
		if err != nil {
			return runs.Stopped(ctx, err, func() (string, error) { return t.save(false) })
		}
	}
	if t.verdict != nil {
		return nil
	}
	var err error
	t.verdict, err = t.judgeTest(ctx) // of a run that was finished before
	return err
}

// epoch runs the steps of the current epoch that are left.
func (t *tuner) epoch(ctx context.Context, task *report.Task) error {
	stream := t.loader.Start(ctx, t.at.epoch, t.at.inEpoch, nil)
	defer stream.Close()
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		start := time.Now()
		batch, err := stream.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		row, err := t.train(batch, time.Since(start))
		batch.Release()
		if err != nil {
			return err
		}
		row.ImagesPerSecond = float64(t.config.Train.BatchSize) / time.Since(start).Seconds()
		if err := t.logs.Write(row); err != nil {
			return err
		}
		t.speed = row.ImagesPerSecond
		task.Advance(t.at.step, fmt.Sprintf("epoch %d/%d loss %.4f lr %.2e %.0f img/s",
			row.Epoch+1, t.config.Train.Epochs, *row.Loss, *row.LR, row.ImagesPerSecond))
	}
}

// train does one optimizer step and returns its row of metrics.
func (t *tuner) train(b *loader.Batch, wait time.Duration) (trainer.Row, error) {
	c := t.config
	m := c.Mix.draw(rng.For(c.Seed, rng.Mix, uint64(t.at.step)), t.step.side)
	m.images(b.Query, c.Train.BatchSize, t.step.side)
	m.targets(t.targets, b.Labels, c.Mix.Smoothing)
	loss, err := t.step.run(b.Query, t.targets, c.Seed, t.at.step)
	if err != nil {
		return trainer.Row{}, err
	}
	lr := c.Optim.RateAt(float64(t.at.epoch)+float64(t.at.inEpoch)/float64(t.loader.Steps()), c.Train.Epochs, c.Train.BatchSize)
	norm := t.adamw.Norm(t.step.grads)
	if !runs.Finite(loss) || !runs.Finite(norm) {
		return trainer.Row{}, t.diverged(b, loss, lr)
	}
	t.adamw.Step(t.step.grads, lr, c.Optim.Clip(norm))
	t.at.step++
	t.at.inEpoch++
	t.at.lossSum += loss
	waited := wait.Seconds()
	return trainer.Row{Event: "step", Step: t.at.step, Epoch: t.at.epoch, Loss: &loss, LR: &lr, GradNorm: &norm, DataWait: &waited}, nil
}

// diverged writes what is needed to look into a step that failed.
func (t *tuner) diverged(b *loader.Batch, loss, lr float64) error {
	term := "loss"
	if runs.Finite(loss) {
		term = "gradient of " + runs.NotFinite(t.choice.Engine, t.step.params, t.step.grads)
	}
	return t.folder.Diverged(runs.Failure{
		Step: t.at.step + 1, Epoch: t.at.epoch, Position: t.at.inEpoch, Term: term, LR: lr, Seed: t.config.Seed, Images: b.Indices,
	}, map[string]float64{"loss": loss})
}

// endEpoch judges the classifier when it is time, writes the epoch's row, moves on to the next epoch and saves when it is time. A run
// interrupted in it comes back to its beginning.
func (t *tuner) endEpoch(ctx context.Context) error {
	c := t.config.Train
	mean := t.at.lossSum / float64(t.at.inEpoch)
	row := trainer.Row{Event: "epoch", Step: t.at.step, Epoch: t.at.epoch, Loss: &mean}
	done := t.at.epoch + 1
	t.verdict = nil
	better := false
	if done == c.Epochs || done%c.JudgeEvery == 0 {
		v, err := t.judgeTest(ctx)
		if err != nil {
			return err
		}
		s := v.Score()
		row.TestAccuracy, row.TestTop5, t.verdict = &s.Accuracy, s.Top5, v
		t.console.Log("epoch %d/%d: mean loss %.4f, accuracy %.4f", done, c.Epochs, mean, s.Accuracy)
		if better = s.Accuracy > t.at.best; better {
			t.at.best, t.at.bestEpoch = s.Accuracy, done
		}
	}
	if err := t.logs.Write(row); err != nil {
		return err
	}
	t.at.epoch, t.at.inEpoch, t.at.lossSum, t.at.loss = done, 0, 0, mean
	if !better && done != c.Epochs && done%c.CheckpointEvery != 0 {
		return nil
	}
	_, err := t.save(better)
	return err
}

func (t *tuner) judgeTest(ctx context.Context) (*evaluate.Verdict, error) {
	return t.judge.run(ctx, t.whole, t.data.Test.Classes())
}
