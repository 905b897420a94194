package trainer

import (
	"context"
	"errors"
	"fmt"

	"cmae/internal/config"
	"cmae/internal/contrastivecrop"
	"cmae/internal/dataset/loader"
	"cmae/internal/graph"
	"cmae/internal/graph/nn"
	"cmae/internal/kernel"
	"cmae/internal/optim"
	"cmae/internal/rundir/checkpoint"
)

// Task is what differs between the commands that train: the model with its losses, and what it
// takes beside the steps. A Run calls it, in one goroutine.
type Task interface {
	// Components are what the run drives, the same at every call.
	Components() Components
	// Start gives a new run its initial weights and state; a resumed run has Restore in its place.
	Start(ctx context.Context) error
	// Announce prints what was derived from the settings, so that nobody has to work it out.
	Announce()

	// BeginEpoch readies the current epoch, at its beginning or after a resume, and returns what
	// bounds its crops (nil: nothing does).
	BeginEpoch(ctx context.Context) (func(image int) contrastivecrop.Box, error)
	// ForwardBackward computes the losses and gradients of a microbatch, of which this process has
	// the images of b from index first on. It need not wait for the engine.
	ForwardBackward(b *loader.Batch, first int) error
	// Fed is what ForwardBackward made of the last batch beside changing it, values of a row for
	// each of its images by name; nil where it makes nothing.
	Fed() map[string][]float32
	// Losses reads the losses of the last microbatch, once they are computed.
	Losses() Losses
	// EMA is the momentum of the EMA of the weights in step number step, from 0; tracked is false
	// without an EMA.
	EMA(step int) (momentum float64, tracked bool)
	// EndStep does what is due after the weights' update and before At counts the step.
	EndStep()
	// EndEpoch evaluates the model where the epoch that ends, of this mean loss, is one after which
	// that is due. saved says that the epoch gets a checkpoint in any case.
	EndEpoch(ctx context.Context, loss float64, saved bool) (Evaluation, error)

	// Save adds to a checkpoint what only the task knows: groups of tensors, metrics. Restore takes
	// it back.
	Save(c *checkpoint.Checkpoint)
	Restore(c *checkpoint.Checkpoint) error
}

// Components are what a task has the loop drive.
type Components struct {
	Loader    *loader.Loader // of the training images
	Optimizer Optimizer
	Params    []*nn.Param     // trained ones
	Grads     []kernel.Tensor // of Params, added up over the microbatches of a step
}

// Optimizer is what the loop needs of an *optim.Optimizer, whose methods these are.
type Optimizer interface {
	Norm(grads []kernel.Tensor) kernel.Tensor
	StepWithEMA(grads []kernel.Tensor, rate, scale, momentum float64)
	State() []optim.Array
	Restore(steps int)
}

var _ Optimizer = (*optim.Optimizer)(nil)

// Losses are means over the images of a microbatch, or of a batch.
type Losses struct {
	Total float64
	Terms map[string]float64 // by name, before their weights; nil where there is one loss
}

// add adds the share of one of several microbatches.
func (l *Losses) add(one Losses, microbatches int) {
	count := float64(microbatches)
	l.Total += one.Total / count
	for name, v := range one.Terms {
		if l.Terms == nil {
			l.Terms = map[string]float64{}
		}
		l.Terms[name] += v / count
	}
}

// Evaluation is what a task says of a finished epoch.
type Evaluation struct {
	Values map[string]float64 // by name, for the epoch's row of metrics
	Note   string             // for people, such as "kNN 0.81"; "" where nothing was evaluated
	Scored bool               // it says how good the model is
	Best   bool               // the model is the best so far
}

// FitsMemory turns a *graph.TooLarge, met by a step of the given number of images, into a fault of
// train.batch_size. Other errors pass.
func FitsMemory(err error, images int) error {
	var large *graph.TooLarge
	if !errors.As(err, &large) {
		return err
	}
	return &config.Error{
		Key:     "train.batch_size",
		Problem: fmt.Sprintf("with %d images at a time %v; lower it", images, large), Err: large,
	}
}
