package trainer

import (
	"fmt"

	"cmae/internal/comm"
	"cmae/internal/fault"
	"cmae/internal/recipe"
	"cmae/internal/report"
	"cmae/internal/rundir"
	"cmae/internal/rundir/checkpoint"
)

// A rollback brings the run back to its newest checkpoint and writes that checkpoint anew, now with
// the rollback in it. A process killed before resumes from the former one, diverges again and rolls
// back again; one killed afterwards goes on from there. Checkpoints of interruptions are passed
// over: a run that was interrupted goes back as one that never was.

// mayRollback reports whether the run would go back rather than stop.
func (r *Run) mayRollback() bool {
	c := r.settings.Train
	return c.OnDivergence == recipe.Rollback && len(r.rollbacks) < c.MaxRollbacks
}

// rollback goes back to the newest checkpoint where err says that a step was not finite, and the
// settings that a run then goes back; else it returns err. All processes do so together, since the
// numbers of a step are the same in all.
func (r *Run) rollback(task Task, err error) error {
	if fault.ExitCode(err) != fault.ExitCode(fault.NonFinite) || !r.mayRollback() {
		return err
	}
	d, own := r.failed, error(nil)
	if r.failed = nil; d == nil { // another number, or one that the others alone have
		own = err
		if comm.Several(r.processes) {
			own = fmt.Errorf("%w: no rollback without this process: %v", fault.NonFinite, err)
		}
	}
	if err := comm.Agree(r.processes, own); err != nil {
		return err
	}
	if err := r.goBack(task, d); err != nil {
		return fmt.Errorf("%w; the rollback failed: %w", d, err)
	}
	return nil
}

// goBack is the rollback of a step.
func (r *Run) goBack(task Task, d *Diverged) (err error) {
	r.saved, err = r.recorder.newest()
	if err = comm.Agree(r.processes, err); err != nil {
		return err
	}
	if err := r.sendSaved(); err != nil {
		return err
	}
	c, t, all := r.saved, r.settings.Train, r.rollbacks
	r.saved = nil
	now := checkpoint.Rollback{
		Step: d.Step, Epoch: r.At.Epoch, Position: r.At.InEpoch, Term: d.Term, To: c.Step,
		Skip: t.RollbackSkip, Scale: t.RollbackScale,
	}
	err = r.restore(task, c)
	r.rollbacks = append(all[:len(all):len(all)], now)
	if err == nil {
		err = r.recorder.rewind(r.At.rows, r.At.Step)
	}
	if err == nil {
		err = r.Log(rundir.Row{
			Event: rundir.RollbackEvent, Step: r.At.Step, Epoch: r.At.Epoch,
			Values: map[string]float64{
				rundir.RollbackFrom: float64(now.Step), rundir.RollbackSkip: float64(now.Skip),
				rundir.RollbackScale: r.rateScale(),
			},
		})
	}
	if err == nil {
		r.tellRollback(d, now) // before the checkpoint: a run killed after it would not tell again
		_, err = r.save(task, false)
	}
	if err == nil {
		err = r.recorder.forget(r.At.Step)
	}
	return comm.Agree(r.processes, err)
}

// tellRollback says what diverged and how the run goes on.
func (r *Run) tellRollback(d *Diverged, b checkpoint.Rollback) {
	text := fmt.Sprintf(
		"rollback %d of %d: step %d diverged (%s is not finite); back at step %d", len(r.rollbacks),
		r.settings.Train.MaxRollbacks, b.Step, b.Term, b.To,
	)
	if b.Skip > 0 {
		text += fmt.Sprintf("; batches left out: %d", b.Skip)
	}
	if b.Scale < 1 {
		text += fmt.Sprintf("; learning rates times %g", r.rateScale())
	}
	switch {
	case d.Bundle != "":
		text += fmt.Sprintf("; see cmae replay %s", report.Quoted(d.Bundle))
	case d.Lost != nil:
		text += fmt.Sprintf("; the step could not be kept (%v)", d.Lost)
	}
	r.Console.Warn("%s", text)
}

// rateScale is the factor that rollbacks have left of every learning rate.
func (r *Run) rateScale() float64 {
	scale := 1.0
	for _, b := range r.rollbacks {
		scale *= b.Scale
	}
	return scale
}

// leftOut reports whether a rollback leaves out the batch at a position of the current epoch.
func (r *Run) leftOut(position int) bool {
	at := r.At.Epoch*r.Steps() + position
	for _, b := range r.rollbacks {
		if from := b.Epoch*r.Steps() + b.Position; at >= from && at < from+b.Skip {
			return true
		}
	}
	return false
}

// stepsInEpoch is how many steps of the current epoch were made: its batches so far but those left
// out.
func (r *Run) stepsInEpoch() int {
	steps := 0
	for position := range r.At.InEpoch {
		if !r.leftOut(position) {
			steps++
		}
	}
	return steps
}

// skip passes over the next batches of an epoch as long as a rollback leaves them out.
func (r *Run) skip(batches Batches) error {
	if len(r.rollbacks) == 0 {
		return nil
	}
	return r.together(r.passOver(batches))
}

func (r *Run) passOver(batches Batches) error {
	for r.At.InEpoch < r.Steps() && r.leftOut(r.At.InEpoch) {
		batch, err := batches.Next()
		if err != nil {
			return err
		}
		batch.Release()
		r.At.InEpoch++
	}
	return nil
}

// Rollbacks is how many times the run has gone back.
func (r *Run) Rollbacks() int { return len(r.rollbacks) }
