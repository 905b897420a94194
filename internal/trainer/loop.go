package trainer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"time"

	"cmae/internal/comm"
	"cmae/internal/fault"
	"cmae/internal/kernel"
	"cmae/internal/recipe"
	"cmae/internal/report"
	"cmae/internal/rundir"
)

// Loop trains a task: it makes the run's folder or goes on in it, says so, and runs the epochs that
// are left. When ctx ends it saves a checkpoint and returns an *Interrupted.
func (r *Run) Loop(ctx context.Context, task Task) (err error) {
	if err := r.together(r.Ready(ctx, task)); err != nil {
		return err
	}
	if err := r.together(r.begin()); err != nil {
		return err
	}
	if err := r.equal(); err != nil {
		return err
	}
	defer fault.Hold(ctx)()
	defer r.tellStop(ctx)()
	ctx = r.share(ctx)
	r.Announce(task)
	if err := r.saveStart(task); err != nil {
		return err
	}
	progress := r.Console.Begin(
		r.settings.Command, r.At.Step, r.settings.Train.Epochs*r.Steps(),
	)
	defer func() { progress.End(); r.recordEnd(err) }()
	for r.At.Epoch < r.settings.Train.Epochs && !r.enough() {
		err := r.epoch(ctx, task, progress)
		if err == nil {
			err = r.endEpoch(ctx, task)
		}
		if err != nil {
			err = r.rollback(task, err)
		}
		if err != nil {
			return r.leave(ctx, task, err)
		}
	}
	if r.enough() && r.At.Epoch < r.settings.Train.Epochs {
		r.Console.Log("ended early: %s", r.stale())
	}
	return r.equal()
}

// enough reports whether evaluations have not become better for as long as train.patience waits.
func (r *Run) enough() bool {
	patience := r.settings.Train.Patience
	return patience > 0 && r.At.stale >= patience
}

// stale says so.
func (r *Run) stale() string {
	return fmt.Sprintf(
		"no better in %s up to epoch %d", report.Count(r.At.stale, "evaluation"), r.At.Epoch,
	)
}

// saveStart gives a run that may roll back a checkpoint to go back to, before its first step.
func (r *Run) saveStart(task Task) (err error) {
	if r.settings.Train.OnDivergence == recipe.Rollback && r.At == (Position{rows: r.At.rows}) {
		_, err = r.save(task, false)
	}
	return comm.Agree(r.processes, err)
}

// leave saves what a run that ends early has come to: after a signal, and where a process of
// several ran into trouble between two steps.
func (r *Run) leave(ctx context.Context, task Task, err error) error {
	r.leaving = true
	save := func() (string, error) { return r.save(task, false) }
	if !r.between || errors.As(err, new(fault.Signal)) {
		return stopped(ctx, err, save)
	}
	path, saveErr := save()
	if path != "" {
		err = fmt.Errorf("%w; saved %s", err, path)
	}
	return errors.Join(err, saveErr)
}

// epoch makes the steps of the current epoch that are left.
func (r *Run) epoch(ctx context.Context, task Task, progress *report.Task) error {
	bounds, err := task.BeginEpoch(ctx)
	if err = r.together(err); err != nil {
		return err
	}
	stream := r.components.Loader.Start(ctx, r.At.Epoch, r.At.InEpoch, bounds)
	defer stream.Close()
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := r.skip(stream); err != nil {
			return err
		}
		row, err := r.Step(ctx, task, stream)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err = r.together(err); err != nil {
			return err
		}
		if r.At.Step%equalEvery == 0 {
			if err := r.equal(); err != nil {
				return err
			}
		}
		r.LastRow = row
		progress.Advance(row.Step,
			fmt.Sprintf("loss %.4f", row.Values[rundir.Loss]),
			fmt.Sprintf("%.0f img/s", row.Values[rundir.ImagesPerSecond]),
			fmt.Sprintf("epoch %d/%d", row.Epoch+1, r.settings.Train.Epochs),
			fmt.Sprintf("lr %.2e", row.Values[rundir.LearningRate]))
	}
}

// endEpoch has the task evaluate the epoch, writes its row, moves on to the next epoch, and saves
// when that is due. A run that is interrupted in it resumes at its beginning; one of several
// processes ends it first, as all of them have then agreed on what the evaluation came to.
func (r *Run) endEpoch(ctx context.Context, task Task) (err error) {
	defer kernel.Catch(&err)
	c, done := r.settings.Train, r.At.Epoch+1
	row := rundir.Row{Event: rundir.EpochEvent, Step: r.At.Step, Epoch: r.At.Epoch}
	mean := r.At.Loss // of an epoch all of whose batches are left out
	if steps := r.stepsInEpoch(); steps > 0 {
		mean = r.At.lossSum / float64(steps)
	}
	row.Values = map[string]float64{rundir.Loss: mean}
	due := done == c.Epochs || done%c.CheckpointEvery == 0
	evaluation, err := task.EndEpoch(ctx, mean, due)
	if err = comm.Agree(r.processes, err); err != nil { // a signal waits for the next step
		return err
	}
	maps.Copy(row.Values, evaluation.Values)
	if err := comm.Agree(r.processes, r.Log(row)); err != nil {
		return err
	}
	r.tellEpoch(row, evaluation.Note)
	r.At.Epoch, r.At.InEpoch, r.At.lossSum, r.At.Loss = done, 0, 0, mean
	if evaluation.Scored {
		r.At.stale++
	}
	if evaluation.Best {
		r.At.stale = 0
	}
	if due || evaluation.Best || r.enough() {
		_, err = r.save(task, evaluation.Best)
	}
	return comm.Agree(r.processes, err)
}

// tellEpoch writes the line of a finished epoch. The log has it always; the terminal shows one that
// was evaluated or is the last, and of others one a second, lest short epochs flood it.
func (r *Run) tellEpoch(row rundir.Row, note string) {
	text := fmt.Sprintf(
		"epoch %d/%d: mean loss %.4f", row.Epoch+1, r.settings.Train.Epochs,
		row.Values[rundir.Loss],
	)
	if note != "" {
		text += ", " + note
	}
	tell := r.Console.Record
	if last := row.Epoch+1 == r.settings.Train.Epochs; note != "" || last ||
		time.Since(r.told) >= time.Second {
		tell, r.told = r.Console.Log, time.Now()
	}
	tell("%s", text)
}
