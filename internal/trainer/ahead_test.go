package trainer

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"cmae/internal/dataset/loader"
	"cmae/internal/kernel"
)

// beside is an engine that computes beside the program.
type beside struct {
	kernel.Engine
	task *fake
}

func (b beside) Start() { b.task.note("start") }

// eager takes batches ahead, which are there already.
type eager struct{ *fake }

func (e eager) Peek() *loader.Batch {
	return &loader.Batch{Indices: []int32{6}}
}

func (e eager) TakeAhead(b *loader.Batch) {
	if b.Indices[0] == 6 {
		e.note("upload of the next batch")
	}
}

// TestTheNextBatchIsUploadedBesideTheStep: before the step's numbers are waited for.
func TestTheNextBatchIsUploadedBesideTheStep(t *testing.T) {
	r, f := fakeRun(t, 1)
	r.Choice.Engine = beside{f.engine, f}
	if _, err := r.Step(t.Context(), eager{f}, eager{f}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{
		"data", "forward and backward", "norm", "start", "upload of the next batch", "losses",
		"update", "end of step",
	}, f.calls); diff != "" {
		t.Error(diff)
	}
}
