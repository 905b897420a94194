package pretrain

import (
	"context"
	"errors"

	"cmae/internal/comm"
	"cmae/internal/dataset/loader"
	"cmae/internal/method"
	"cmae/internal/recipe"
	"cmae/internal/rundir"
	"cmae/internal/trainer"
)

// Trial is a run without folder or epochs, for measuring: Train makes the steps of a run.
type Trial struct {
	Run  *trainer.Run
	Step *method.Step
	task *task
}

// Try begins a trial on images of side pixels, by all of p, which may be nil.
func Try(
	c recipe.Pretrain, images loader.Source, side int, p comm.Processes,
) (*Trial, error) {
	methods := method.All()
	run, err := trainer.Bare(settings(methods, c), side, images.Len(), p)
	if err != nil {
		return nil, err
	}
	t, err := newTask(run, methods, c, images, "")
	if err != nil {
		return nil, err
	}
	if err := run.Ready(context.Background(), t); err != nil {
		return nil, errors.Join(err, t.close())
	}
	return &Trial{run, t.step, t}, nil
}

// Train makes one optimizer step on the next of the batches, and returns its row of metrics.
func (t *Trial) Train(ctx context.Context, batches trainer.Batches) (rundir.Row, error) {
	return t.Run.Step(ctx, t.task, batches)
}

// Close gives everything back.
func (t *Trial) Close() error { return t.task.close() }
