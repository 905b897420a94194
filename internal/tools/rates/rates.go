// Package rates looks for a learning rate: a run of a few steps whose rate grows from step to step
// shows from where on the loss falls, and where it breaks (Smith, arXiv 1506.01186).
//
// Reading order: rates.go (the test), choose.go (what its losses say), text.go (how it is shown).
package rates

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"

	"cmae/internal/config"
	"cmae/internal/dataset"
	"cmae/internal/dataset/loader"
	"cmae/internal/method"
	"cmae/internal/recipe"
	"cmae/internal/report"
	"cmae/internal/rundir"
	"cmae/internal/trainer"
	"cmae/internal/trainer/pretrain"
)

// Options say which rates are tried: Steps of them, as optim.base_lr, from Low to High.
type Options struct {
	Steps     int
	Low, High float64
}

// Check refuses what cannot be tried.
func (o Options) Check() error {
	switch {
	case o.Steps < leastSteps || o.Steps > 100_000:
		return fmt.Errorf("rates: %d steps: give %d to 100000", o.Steps, leastSteps)
	case !(o.Low > 0 && o.Low < o.High) || math.IsInf(o.High, 0):
		return fmt.Errorf(
			"rates: from %g to %g: give two rates above 0, the lower first", o.Low, o.High,
		)
	}
	return nil
}

// at is the rate of a step, from 0.
func (o Options) at(step int) float64 {
	return o.Low * math.Pow(o.High/o.Low, float64(step)/float64(o.Steps-1))
}

// Point is a step of the test.
type Point struct {
	BaseLR float64 `json:"base_lr"`
	Loss   float64 `json:"loss"`
	Smooth float64 `json:"smooth_loss"`
}

// Result is what a test came to. Rates are of optim.base_lr.
type Result struct {
	Points    []Point `json:"points"`
	Fastest   float64 `json:"fastest"` // where the loss falls fastest; 0 where it never fell
	Lowest    float64 `json:"lowest"`  // where it is lowest
	Breaks    float64 `json:"breaks"`  // the first at which the loss rose for good; 0 if none did
	BatchSize int     `json:"batch_size"`
	Epochs    float64 `json:"epochs"` // that the test took
}

// Run trains from the weights that a new run begins with and keeps none of it.
func Run(
	ctx context.Context, c recipe.Pretrain, o Options, console *report.Console,
) (_ *Result, err error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	free := trainer.Options{Overwrite: true, Console: console} // there is no folder to be kept
	data, err := trainer.Complete(ctx, free, &c.Common, &c.Augment.Mean, &c.Augment.Std, "")
	if err == nil && data == nil {
		data, err = dataset.OpenWithConsole(ctx, c.Data, c.Seed, console)
	}
	if err != nil {
		return nil, err
	}
	side, err := data.Side()
	if err != nil {
		return nil, err
	}
	if err := config.Invalid(method.All().CheckData(c, side, data.Train.Len())); err != nil {
		return nil, err
	}
	t, err := pretrain.Try(c, data.Train, side, nil)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, t.Close()) }()
	l, err := loader.New(data.Train, method.Loading(method.Of(c), c.At(side)))
	if err != nil {
		return nil, err
	}
	r := &Result{BatchSize: c.Train.BatchSize, Epochs: float64(o.Steps) / float64(l.Steps())}
	progress := console.Begin("rates", 0, o.Steps)
	defer progress.End()
	batches := &endless{ctx: ctx, loader: l}
	defer batches.close()
	per := c.Optim.Rate(c.Train.BatchSize) / c.Optim.BaseLR // of a base rate of 1
	t.Run.Rate = func(step int) float64 { return per * o.at(step) }
	for step := range o.Steps {
		row, err := t.Train(ctx, batches)
		if errors.As(err, new(*trainer.Diverged)) {
			break
		}
		if err != nil {
			return nil, err
		}
		r.add(o.at(step), row.Values[rundir.Loss])
		progress.Advance(
			step+1, fmt.Sprintf("base_lr %.2e", o.at(step)),
			fmt.Sprintf("loss %.4f", row.Values[rundir.Loss]),
		)
		if r.broken() {
			break
		}
	}
	r.choose()
	return r, nil
}

// endless are the batches of as many epochs as are asked for.
type endless struct {
	ctx    context.Context
	loader *loader.Loader
	stream *loader.Stream
	epoch  int
}

// Next is the next batch, of the next epoch where one is over.
func (e *endless) Next() (*loader.Batch, error) {
	for {
		if e.stream == nil {
			e.stream = e.loader.Start(e.ctx, e.epoch, 0, nil)
		}
		batch, err := e.stream.Next()
		if !errors.Is(err, io.EOF) {
			return batch, err
		}
		e.close()
		e.epoch++
	}
}

func (e *endless) close() {
	if e.stream != nil {
		e.stream.Close()
		e.stream = nil
	}
}
