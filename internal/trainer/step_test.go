package trainer

import (
	"context"
	"errors"
	"io"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cmae/internal/contrastivecrop"
	"cmae/internal/dataset/augment"
	"cmae/internal/dataset/loader"
	"cmae/internal/graph/nn"
	"cmae/internal/kernel"
	"cmae/internal/kernel/backend"
	"cmae/internal/kernel/portable"
	"cmae/internal/optim"
	"cmae/internal/recipe"
	"cmae/internal/rundir"
	"cmae/internal/rundir/checkpoint"
)

// fake is a task and the batches of an epoch, which note what is asked of them. The gradient of the
// microbatch that begins with image i is i+1, which adds up over a batch, its loss 10(i+1).
type fake struct {
	engine kernel.Engine
	grad   kernel.Tensor
	loader *loader.Loader
	calls  []string
	last   float64 // of the microbatches' gradients
	sum    float64 // of them
	factor float64 // of all losses
	update float64 // the gradient that the optimizer was given, times its scale
	after  func(call string)
}

func (f *fake) note(call string) {
	f.calls = append(f.calls, call)
	if f.after != nil {
		f.after(call)
	}
}

func (f *fake) Next() (*loader.Batch, error) {
	f.note("data")
	return &loader.Batch{Count: 6, Indices: []int32{0, 1, 2, 3, 4, 5}}, nil
}

func (f *fake) ForwardBackward(_ *loader.Batch, first int) error {
	f.last = float64(first + 1)
	if first == 0 {
		f.sum = 0
	}
	f.sum += f.last
	kernel.Write(f.engine, f.grad, []float64{f.sum})
	f.note("forward and backward")
	return nil
}

// fakeOptimizer notes in its task what is asked of it.
type fakeOptimizer struct{ task *fake }

func (o fakeOptimizer) Norm(grads []kernel.Tensor) kernel.Tensor {
	o.task.note("norm")
	return grads[0]
}

func (f *fake) Losses() Losses {
	f.note("losses")
	loss := 10 * f.last * f.factor
	return Losses{Total: loss, Terms: map[string]float64{"contrast": loss / 2}}
}

func (o fakeOptimizer) StepWithEMA(grads []kernel.Tensor, _, scale, momentum float64) {
	o.task.note("update")
	o.task.update = scale * kernel.Read[float64](o.task.engine, grads[0])[0]
	if momentum != .8 {
		o.task.note("momentum of another step")
	}
}

func (o fakeOptimizer) State() []optim.Array { return nil }
func (o fakeOptimizer) Restore(int)          {}

func (f *fake) EMA(step int) (momentum float64, tracked bool) {
	return map[int]float64{7: .7, 8: .8}[step], true
}

func (f *fake) EndStep() { f.note("end of step") }

func (f *fake) Components() Components {
	return Components{
		f.loader, fakeOptimizer{f}, []*nn.Param{{Name: "w"}}, []kernel.Tensor{f.grad},
	}
}

func (f *fake) Start(context.Context) error          { return nil }
func (f *fake) Announce()                            {}
func (f *fake) Fed() map[string][]float32            { return nil }
func (f *fake) Save(*checkpoint.Checkpoint)          {}
func (f *fake) Restore(*checkpoint.Checkpoint) error { return nil }

func (f *fake) BeginEpoch(context.Context) (func(int) contrastivecrop.Box, error) {
	return nil, nil
}

func (f *fake) EndEpoch(context.Context, float64, bool) (Evaluation, error) {
	return Evaluation{}, nil
}

// source is images that nobody loads.
type source struct{}

func (source) Len() int { return 60 }
func (source) Image(int) augment.Image {
	return augment.Image{Width: 8, Height: 8, Pix: make([]byte, 192)}
}
func (source) Label(int) int { return 0 }

// fakeRun is step 8 of a run with a batch of 6 images in so many microbatches.
func fakeRun(t *testing.T, microbatches int) (*Run, *fake) {
	t.Helper()
	e := portable.New(1)
	t.Cleanup(func() { _ = e.Close() })
	l, err := loader.New(source{}, loader.Options{
		Mode: loader.OneView, Batch: 6, Side: 8, Config: loader.Default(),
	})
	if err != nil {
		t.Fatal(err)
	}
	f := &fake{engine: e, grad: e.New(kernel.F64, 1), loader: l, factor: 1}
	r := newRun(Options{}, Settings{Train: recipe.Train{
		Epochs: 10, BatchSize: 6, Accumulate: microbatches,
	}})
	r.Choice = &backend.Choice{Engine: e}
	if err := r.Ready(context.Background(), f); err != nil {
		t.Fatal(err)
	}
	r.At = Position{Step: 7, InEpoch: 7}
	return r, f
}

// TestStep: a step in its order, in one microbatch and in three, whose losses and gradients are
// means.
func TestStep(t *testing.T) {
	for microbatches, want := range map[int]struct {
		calls []string
		mean  float64
	}{
		1: {[]string{
			"data", "forward and backward", "norm", "losses", "update", "end of step",
		}, 1},
		3: {[]string{
			"data", "forward and backward", "losses", "forward and backward", "losses",
			"forward and backward", "norm", "losses", "update", "end of step",
		}, 3}, // of 1, 3 and 5
	} {
		r, f := fakeRun(t, microbatches)
		row, err := r.Step(t.Context(), f, f)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want.calls, f.calls); diff != "" {
			t.Errorf("%d microbatches: %s", microbatches, diff)
		}
		delete(row.Values, rundir.ImagesPerSecond)
		delete(row.Values, rundir.DataWait)
		near := cmp.Comparer(func(a, b float64) bool { return math.Abs(a-b) < 1e-12 })
		if diff := cmp.Diff(rundir.Row{Event: "step", Step: 8, Values: map[string]float64{
			"loss": 10 * want.mean, "terms.contrast": 5 * want.mean, "grad_norm": want.mean,
			"momentum": .7, "lr": row.Values["lr"],
		}}, row, near); diff != "" {
			t.Errorf("%d microbatches: row %s", microbatches, diff)
		}
		if math.Abs(f.update-want.mean) > 1e-12 || r.At.Step != 8 || r.At.InEpoch != 8 {
			t.Errorf("%d microbatches: updated by %g, now at %+v", microbatches, f.update, r.At)
		}
	}
}

var errDevice = errors.New("device lost")

// TestStepWithoutUpdate: a loss that is not finite, the end of the context between two
// microbatches, an engine that fails and the end of the epoch leave the run as it was.
func TestStepWithoutUpdate(t *testing.T) {
	for name, c := range map[string]struct {
		ready func(f *fake, cancel func())
		fits  func(err error) bool
	}{
		"diverged": {
			func(f *fake, _ func()) { f.factor = math.Inf(1) },
			func(err error) bool {
				var diverged *Diverged
				return errors.As(err, &diverged) && diverged.Term == "contrast" &&
					diverged.Step == 8
			},
		},
		"interrupted": {
			func(f *fake, cancel func()) {
				f.after = func(call string) {
					if call == "forward and backward" {
						cancel()
					}
				}
			},
			func(err error) bool { return errors.Is(err, context.Canceled) },
		},
		"device lost": {
			func(f *fake, _ func()) {
				f.after = func(call string) {
					if call == "losses" { // which wait for what is computed
						panic(&kernel.Error{Engine: "fake", Err: errDevice})
					}
				}
			},
			func(err error) bool { return errors.Is(err, errDevice) },
		},
	} {
		r, f := fakeRun(t, 3)
		before := r.At
		ctx, cancel := context.WithCancel(t.Context())
		c.ready(f, cancel)
		_, err := r.Step(ctx, f, f)
		cancel()
		if !c.fits(err) || r.At != before || f.update != 0 {
			t.Errorf("%s: %v, updated by %g, now at %+v", name, err, f.update, r.At)
		}
	}
	r, f := fakeRun(t, 1)
	if _, err := r.Step(t.Context(), f, ended{}); !errors.Is(err, io.EOF) || f.calls != nil {
		t.Errorf("the end of the epoch: %v, %v", err, f.calls)
	}
}

// ended are the batches of an epoch that is over.
type ended struct{}

func (ended) Next() (*loader.Batch, error) { return nil, io.EOF }
