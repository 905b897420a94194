package trainer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"cmae/internal/dataset/loader"
	"cmae/internal/kernel"
	"cmae/internal/report"
	"cmae/internal/rundir"
)

// Loop runs the epochs that are left. When ctx ends it saves a checkpoint and returns an
// *Interrupted.
func (s *Session) Loop(ctx context.Context) (err error) {
	task := s.Console.Begin(s.Command, s.At.Step, s.Epochs*s.Steps())
	defer func() { task.End(); s.recordEnd(err) }()
	for s.At.Epoch < s.Epochs {
		err := s.steps(ctx, task)
		if err == nil {
			err = s.endEpoch(ctx)
		}
		if err != nil {
			return stopped(ctx, err, func() (string, error) { return s.save(false) })
		}
	}
	return nil
}

// steps runs the steps of the current epoch that are left.
func (s *Session) steps(ctx context.Context, task *report.Task) error {
	bounds, err := s.training.BeginEpoch(ctx)
	if err != nil {
		return err
	}
	stream := s.step.Loader.Start(ctx, s.At.Epoch, s.At.InEpoch, bounds)
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
		waited := time.Since(start).Seconds()
		row, err := s.Train(batch)
		batch.Release()
		if err != nil {
			return err
		}
		row.Values[rundir.DataWait] = waited
		row.Values[rundir.ImagesPerSecond] = float64(s.Batch) / time.Since(start).Seconds()
		if err := s.logs.Write(row); err != nil {
			return err
		}
		s.LastRow = row
		task.Advance(row.Step, fmt.Sprintf("loss %.4f", row.Values[rundir.Loss]),
			fmt.Sprintf("%.0f img/s", row.Values[rundir.ImagesPerSecond]),
			fmt.Sprintf("epoch %d/%d", row.Epoch+1, s.Epochs),
			fmt.Sprintf("lr %.2e", row.Values[rundir.LearningRate]))
	}
}

// Train makes one optimizer step and returns its row of metrics. It makes none if the loss, a term
// of it or a gradient is not finite.
func (s *Session) Train(b *loader.Batch) (rundir.Row, error) {
	loss, terms, err := s.compute(b)
	if err != nil {
		return rundir.Row{}, err
	}
	grads := s.step.Grads
	if s.sums != nil {
		grads = s.sums
	}
	lr := s.Optim.RateAt(
		float64(s.At.Epoch)+float64(s.At.InEpoch)/float64(s.Steps()), s.Epochs, s.Batch,
	)
	scale := 1 / float64(s.Parts)
	var norm float64
	s.Timed("norm", func() {
		norm = kernel.Scalar(s.Choice, s.step.Optimizer.Norm(grads)) * scale
	})
	row := rundir.Row{Event: rundir.StepEvent, Step: s.At.Step + 1, Epoch: s.At.Epoch}
	row.Values = map[string]float64{
		rundir.Loss: loss, rundir.LearningRate: lr, rundir.GradNorm: norm,
	}
	for name, v := range terms {
		row.Values[rundir.Terms+"."+name] = v
	}
	if bad := s.notFinite(row, grads); bad != "" {
		return row, diverged(s.folder, failure{
			Step: row.Step, Epoch: row.Epoch, Position: s.At.InEpoch, Term: bad, LR: lr, Seed: s.Seed, Images: b.Indices,
		}, row)
	}
	s.Timed("updates", func() { s.training.Update(&row, grads, scale*s.Optim.Clip(norm)) })
	s.At.Step++
	s.At.InEpoch++
	s.At.lossSum += loss
	return row, nil
}

// compute runs a batch part by part, and returns the mean of each loss; gradients are summed over
// the parts.
func (s *Session) compute(b *loader.Batch) (loss float64, terms map[string]float64, err error) {
	parts := float64(s.Parts)
	for part := range s.Parts {
		l, t, err := s.training.Compute(b, part*s.Batch/s.Parts)
		if err != nil {
			return 0, nil, err
		}
		loss += l / parts
		for name, v := range t {
			if terms == nil {
				terms = map[string]float64{}
			}
			terms[name] += v / parts
		}
		if s.sums != nil {
			s.Timed("accumulate", func() { s.accumulate(part) })
		}
	}
	return loss, terms, nil
}

func (s *Session) accumulate(part int) {
	for i, sum := range s.sums {
		if part == 0 {
			s.Choice.Copy(sum, s.step.Grads[i])
		} else {
			s.Choice.Add(sum, sum, s.step.Grads[i])
		}
	}
}

// Timed does a part of a step and tells the clock.
func (s *Session) Timed(phase string, do func()) {
	start := time.Now()
	do()
	if s.Clock != nil {
		s.Clock(phase, time.Since(start))
	}
}

// notFinite names the first number of a step that is not finite: a term, the loss, the gradient of
// a parameter; "" if all are.
func (s *Session) notFinite(row rundir.Row, grads []kernel.Tensor) string {
	terms := row.Group(rundir.Terms)
	for _, name := range slices.Sorted(maps.Keys(terms)) {
		if !Finite(terms[name]) {
			return name
		}
	}
	switch {
	case !Finite(row.Values[rundir.Loss]):
		return "loss"
	case !Finite(row.Values[rundir.GradNorm]):
		return "gradient of " + notFinite(s.Choice, s.step.Params, grads)
	}
	return ""
}

// endEpoch judges the epoch, writes its row, moves on to the next epoch, and saves when that is
// due. A run that is interrupted in it resumes at its beginning.
func (s *Session) endEpoch(ctx context.Context) error {
	mean, done := s.At.lossSum/float64(s.At.InEpoch), s.At.Epoch+1
	row := rundir.Row{
		Event: rundir.EpochEvent, Step: s.At.Step, Epoch: s.At.Epoch,
		Values: map[string]float64{rundir.Loss: mean},
	}
	due := done == s.Epochs || done%s.CheckpointEvery == 0
	best, err := s.training.EndEpoch(ctx, &row, due)
	if err != nil {
		return err
	}
	if err := s.logs.Write(row); err != nil {
		return err
	}
	s.tellEpoch(row)
	s.At.Epoch, s.At.InEpoch, s.At.lossSum, s.At.Loss = done, 0, 0, mean
	if !due && !best {
		return nil
	}
	_, err = s.save(best)
	return err
}

// tellEpoch writes the line of a finished epoch. The terminal, which has the progress bar, shows it
// only if the epoch was judged, lest short epochs flood it; the log has it always.
func (s *Session) tellEpoch(row rundir.Row) {
	text, write := fmt.Sprintf(
		"epoch %d/%d: mean loss %.4f", row.Epoch+1, s.Epochs, row.Values[rundir.Loss],
	), s.Console.Record
	if accuracy, ok := row.Values["knn_accuracy"]; ok {
		text, write = fmt.Sprintf("%s, kNN %.4f", text, accuracy), s.Console.Log
	}
	if accuracy, ok := row.Values["test_accuracy"]; ok {
		text, write = fmt.Sprintf("%s, accuracy %.4f", text, accuracy), s.Console.Log
	}
	write("%s", text)
}
