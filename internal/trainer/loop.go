package trainer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"time"

	"cmae/internal/kernel"
	"cmae/internal/loader"
	"cmae/internal/report"
	"cmae/internal/rng"
	"cmae/internal/runs"
)

// loop runs the epochs that are left.
func (t *trainer) loop(ctx context.Context) error {
	epochs := t.config.Train.Epochs
	task := t.console.Begin("pretrain", t.at.step, epochs*t.loader.Steps())
	defer task.End()
	for t.at.epoch < epochs {
		if err := t.refreshBoxes(ctx); err != nil {
			return t.stopped(ctx, err)
		}
		if err := t.epoch(ctx, task); err != nil {
			return t.stopped(ctx, err)
		}
		if err := t.endEpoch(ctx); err != nil {
			return t.stopped(ctx, err)
		}
	}
	t.finish()
	return nil
}

// stopped saves when the context has ended.
func (t *trainer) stopped(ctx context.Context, err error) error {
	return runs.Stopped(ctx, err, func() (string, error) { return t.save(false) })
}

// epoch runs the steps of the current epoch that are left.
func (t *trainer) epoch(ctx context.Context, task *report.Task) error {
	stream := t.loader.Start(ctx, t.at.epoch, t.at.inEpoch, t.cropBoxes())
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
		t.summary.ImagesPerSecond = row.ImagesPerSecond
		task.Advance(t.at.step, note(row, t.config.Train.Epochs))
	}
}

func note(r Row, epochs int) string {
	return fmt.Sprintf("epoch %d/%d loss %.4f lr %.2e %.0f img/s", r.Epoch+1, epochs, *r.Loss, *r.LR, r.ImagesPerSecond)
}

// train does one optimizer step and returns its row of metrics. The order is that of spec 1, except that the momentum update with which
// a step begins was made by the optimizer of the step before, in its pass over the parameters: no number differs. The first step has none
// to make, as the copies equal their parameters.
func (t *trainer) train(b *loader.Batch, wait time.Duration) (Row, error) {
	c, steps := t.config, t.loader.Steps()
	lr := c.Optim.RateAt(float64(t.at.epoch)+float64(t.at.inEpoch)/float64(steps), c.Train.Epochs, c.Train.BatchSize)
	row := Row{Event: "step", Epoch: t.at.epoch, LR: &lr}
	if c.Contrast.Weight > 0 {
		m := c.Contrast.MomentumAt(t.at.step, c.Train.Epochs*steps)
		row.Momentum = &m // with which the last step ended
	}
	terms, loss, grads, err := t.gradients(b)
	if err != nil {
		return row, err
	}
	scale := 1 / float64(c.Train.Accumulate)
	norm := t.adamw.Norm(grads) * scale
	if bad := notFinite(terms, loss, norm); bad != "" {
		return row, t.diverged(b, bad, terms, grads, lr)
	}
	t.adamw.StepAhead(grads, lr, scale*c.Optim.Clip(norm), c.Contrast.MomentumAt(t.at.step+1, c.Train.Epochs*steps))
	t.enqueue()
	t.at.step++
	t.at.inEpoch++
	t.at.lossSum += loss
	waited := wait.Seconds()
	row.Step, row.Loss, row.Terms, row.GradNorm, row.DataWait = t.at.step, &loss, terms, &norm, &waited
	t.summary.Terms = terms
	return row, nil
}

// gradients runs the batch, in parts if so configured, and returns the mean of each loss and the sum of gradients over the parts.
func (t *trainer) gradients(b *loader.Batch) (terms map[string]float64, loss float64, grads []kernel.Tensor, err error) {
	parts := t.config.Train.Accumulate
	terms = map[string]float64{}
	for part := range parts {
		t.step.Inputs.Set(b, part*t.config.Train.BatchSize/parts)
		if err := t.step.Run(); err != nil {
			return nil, 0, nil, err
		}
		for _, term := range t.step.Terms {
			terms[term.Name] += t.step.Read(term.Value)[0] / float64(parts)
		}
		loss += t.step.Read(t.step.Total)[0] / float64(parts)
		for i, sum := range t.sums {
			if part == 0 {
				t.choice.Engine.Copy(sum, t.step.Grads[i])
			} else {
				t.choice.Engine.Add(sum, sum, t.step.Grads[i])
			}
		}
	}
	if t.sums != nil {
		return terms, loss, t.sums, nil
	}
	return terms, loss, t.step.Grads, nil
}

func notFinite(terms map[string]float64, loss, norm float64) string {
	for _, name := range []string{"con", "loc", "ctr"} {
		if !runs.Finite(terms[name]) {
			return name
		}
	}
	switch {
	case !runs.Finite(loss):
		return "total"
	case !runs.Finite(norm):
		return "gradient"
	}
	return ""
}

// enqueue writes the step's keys over the oldest of the queue, after the loss (spec 1.7).
func (t *trainer) enqueue() {
	queue := t.step.Inputs.Queue
	if queue.Absent() {
		return
	}
	keys := t.step.Machine.Value(t.step.Output.ZK)
	size, batch := queue.Shape[0], keys.Shape[0]
	if batch >= size {
		t.choice.Engine.Copy(queue, keys.Part(batch-size, batch))
		return
	}
	from := t.at.step * batch % size
	head := min(batch, size-from)
	t.choice.Engine.Copy(queue.Part(from, from+head), keys.Part(0, head))
	if head < batch {
		t.choice.Engine.Copy(queue.Part(0, batch-head), keys.Part(head, batch))
	}
}

// initialQueue holds random unit vectors [count,width].
func initialQueue(seed uint64, count, width int) []float32 {
	r := rng.For(seed, rng.Queue)
	queue := make([]float32, 0, count*width)
	for range count {
		queue = append(queue, unitVector(r, width)...)
	}
	return queue
}

func unitVector(r *rand.Rand, width int) []float32 {
	v, sum := make([]float32, width), 0.0
	for i := range v {
		x := r.NormFloat64()
		v[i] = float32(x)
		sum += x * x
	}
	for i := range v {
		v[i] /= float32(math.Sqrt(sum))
	}
	return v
}
