package trainer

import (
	"context"
	"errors"
	"io"
	"time"

	"cmae/internal/comm"
	"cmae/internal/dataset/loader"
	"cmae/internal/kernel"
	"cmae/internal/rundir"
)

// Batches are the batches of an epoch: a *loader.Stream, or batches made up for measuring.
type Batches interface {
	// Next is the next batch, or io.EOF after the last.
	Next() (*loader.Batch, error)
}

// Step makes one optimizer step and returns its row of metrics. It returns io.EOF when the batches
// are at their end, and a *Diverged, without an update, where a number is not finite. When ctx ends
// between two microbatches the step is abandoned, also without an update.
//
// An engine may still be computing when a call returns. So the losses are read after the calls for
// the gradients' norm: one wait for both. An engine that fails meanwhile is an error.
func (r *Run) Step(ctx context.Context, task Task, batches Batches) (row rundir.Row, err error) {
	defer kernel.Catch(&err)

	// the next batch
	start := time.Now()
	batch, err := batches.Next()
	if errors.Is(err, io.EOF) {
		return row, err
	}
	if err = r.together(err); err != nil {
		r.between = comm.Several(r.processes)
		return row, err
	}
	defer batch.Release()
	waited := time.Since(start)
	r.keepRunning()
	r.Lap("")

	// forward and backward, microbatch by microbatch; losses add up, and gradients, in the graph
	var losses Losses
	count := r.settings.Train.Accumulate
	for i := range count {
		if i > 0 {
			if err := ctx.Err(); err != nil {
				return row, err
			}
			losses.add(task.Losses(), count) // of the microbatch before, which this one overwrites
		}
		if err := task.ForwardBackward(batch, i*r.shard()); err != nil {
			return row, err
		}
	}

	// the norm of the mean gradient, and whether all is finite
	mean := 1 / float64(count)
	result := r.components.Optimizer.Norm(r.components.Grads)
	r.takeAhead(task, batches)
	losses.add(task.Losses(), count)
	norm := mean * kernel.Scalar(r.Choice, result)
	row = r.stepRow(task, losses, norm)
	r.Lap("norm")
	if name := r.notFinite(row); name != "" {
		return row, r.diverged(task, name, row, batch)
	}

	// the update of the weights and, in the same pass, of their EMA for the next step
	scale := mean * r.settings.Common.Optim.Clip(norm)
	momentum, _ := task.EMA(r.At.Step + 1)
	rate := row.Values[rundir.LearningRate]
	r.components.Optimizer.StepWithEMA(r.components.Grads, rate, scale, momentum)
	r.meanRunning()
	task.EndStep()
	r.At.count(losses.Total)
	r.Lap("updates")

	// the row of metrics
	row.Values[rundir.DataWait] = waited.Seconds()
	row.Values[rundir.ImagesPerSecond] = r.imagesPerSecond(time.Since(start))
	return row, r.Log(row)
}

// imagesPerSecond is the rate of a step. A coarse clock, as Windows can have, makes quick ones
// take no time at all.
func (r *Run) imagesPerSecond(took time.Duration) float64 {
	if took == 0 {
		took = time.Millisecond
	}
	return float64(r.settings.Train.BatchSize) / took.Seconds()
}

// Lap tells the clock how long the phase took that ends here, since the last call; "" is a phase
// that nobody asks for.
func (r *Run) Lap(phase string) {
	now := time.Now()
	if r.Clock != nil && phase != "" {
		r.Clock(phase, now.Sub(r.lapped))
	}
	r.lapped = now
}

// stepRow is the row of the step that is under way.
func (r *Run) stepRow(task Task, losses Losses, norm float64) rundir.Row {
	row := rundir.Row{
		Event: rundir.StepEvent, Step: r.At.Step + 1, Epoch: r.At.Epoch,
	}
	row.Values = map[string]float64{
		rundir.Loss: losses.Total, rundir.GradNorm: norm, rundir.LearningRate: r.rate(),
	}
	for name, v := range losses.Terms {
		row.Values[rundir.Terms+"."+name] = v
	}
	if momentum, tracked := task.EMA(r.At.Step); tracked {
		row.Values[rundir.Momentum] = momentum // of this step, made by the update of the one before
	}
	return row
}

// rate is the learning rate of the step that is under way.
func (r *Run) rate() float64 {
	if r.Rate != nil {
		return r.Rate(r.At.Step)
	}
	c := r.settings
	begun := float64(r.At.Epoch) + float64(r.At.InEpoch)/float64(r.Steps())
	return r.rateScale() * c.Common.Optim.RateAt(begun, c.Train.Epochs, c.Train.BatchSize)
}
