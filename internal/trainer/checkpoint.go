package trainer

import (
	"fmt"

	"cmae/internal/fault"
	"cmae/internal/recipe"
	"cmae/internal/rundir"
	"cmae/internal/rundir/checkpoint"
)

// Position is where a run stands, between two steps.
type Position struct {
	Step    int     // optimizer steps done
	Epoch   int     // of the next step
	InEpoch int     // steps of that epoch done
	Loss    float64 // mean of the last whole epoch
	lossSum float64 // over the steps of this one
	rows    int     // of metrics.jsonl
	stale   int     // evaluations since the best one

	bestEpoch int // with the best evaluation, from 1; 0 if none
}

func positionOf(m checkpoint.Manifest) Position {
	return Position{
		Step: m.Step, Epoch: m.Epoch, InEpoch: m.Position,
		Loss:      m.Metrics[checkpoint.LossMetric],
		lossSum:   m.Metrics[checkpoint.LossSumMetric],
		rows:      int(m.Metrics[checkpoint.RowsMetric]),
		stale:     int(m.Metrics[checkpoint.StaleMetric]),
		bestEpoch: int(m.Metrics[checkpoint.BestEpochMetric]),
	}
}

// count counts a step of this loss.
func (p *Position) count(loss float64) {
	p.Step++
	p.InEpoch++
	p.lossSum += loss
}

// save writes the whole state of the run and of its task, and returns the checkpoint's path.
func (r *Run) save(task Task, best bool) (path string, err error) {
	if r.recorder == nil {
		return "", nil
	}
	if r.At.rows, err = r.recorder.sync(); err != nil {
		return "", err
	}
	c, err := r.checkpoint(task)
	if err != nil {
		return "", err
	}
	keep := r.settings.Train.KeepLast
	if c.Unplanned = r.leaving && r.planned != r.At.Step; !c.Unplanned {
		r.planned = r.At.Step
	} else if r.settings.Train.OnDivergence == recipe.Rollback {
		keep = 0 // those that a rollback may go back to
	}
	return r.recorder.save(c, best, keep)
}

// checkpoint is the whole state of the run and of its task.
func (r *Run) checkpoint(task Task) (*checkpoint.Checkpoint, error) {
	text, err := rundir.Resolved(r.settings.Recipe)
	if err != nil {
		return nil, err
	}
	c := &checkpoint.Checkpoint{
		Manifest: checkpoint.Manifest{
			Step: r.At.Step, Epoch: r.At.Epoch, Position: r.At.InEpoch, Side: r.Side, From: r.began,
			Tool: r.options.Tool, Data: r.digests(), Rollbacks: r.rollbacks,
			Metrics: map[string]float64{
				checkpoint.LossMetric:    r.At.Loss,
				checkpoint.LossSumMetric: r.At.lossSum,
				checkpoint.RowsMetric:    float64(r.At.rows),
				checkpoint.StaleMetric:   float64(r.At.stale),
			},
		},
		Config: text,
		Tensors: map[string][]checkpoint.Tensor{
			checkpoint.ModelGroup:     modelTensors(r.Params),
			checkpoint.OptimizerGroup: moments(r.Choice, r.components.Optimizer),
		},
	}
	task.Save(c)
	return c, nil
}

// restore brings everything back from a checkpoint of the same settings.
func (r *Run) restore(task Task, c *checkpoint.Checkpoint) error {
	if err := restoreModel(c, r.Params, r.components.Optimizer); err != nil {
		return err
	}
	r.At, r.rollbacks, r.began = positionOf(c.Manifest), c.Rollbacks, c.From
	if r.planned = -1; !c.Unplanned {
		r.planned = c.Step
	}
	return task.Restore(c)
}

// digests identify the images that a resume must find unchanged: those that the run learns from
// and, if it evaluates itself, those that it is evaluated on.
func (r *Run) digests() map[string]string {
	d := map[string]string{checkpoint.TrainSplit: r.Images.Train.Digest()}
	switch other := r.settings.EvaluatedOn; {
	case !r.settings.EvaluatesItself:
	case other == nil:
		d[checkpoint.TestSplit] = r.Images.Test.Digest()
	default:
		d[checkpoint.LabelledTrain] = other.Train.Digest()
		d[checkpoint.LabelledTest] = other.Test.Digest()
	}
	return d
}

// sameImages refuses a resume on other images than the checkpoint's. It cannot tell with old
// checkpoints, which have no digests.
func (r *Run) sameImages(saved map[string]string) error {
	for split, now := range r.digests() {
		if before, ok := saved[split]; ok && before != now {
			return fmt.Errorf(
				"%w: the images of the %s split are not those that the run began with: files were "+
					"added, removed, renamed or changed; bring them back, or start another run "+
					"with --init-from", fault.Usage, split,
			)
		}
	}
	return nil
}
