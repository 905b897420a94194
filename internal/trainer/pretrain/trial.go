package pretrain

import (
	"errors"

	"cmae/internal/comm"
	"cmae/internal/dataset/loader"
	"cmae/internal/recipe"
	"cmae/internal/trainer"
)

// Trial is a run without folder or epochs, for measuring: Train makes the steps of a run.
type Trial struct {
	*trainer.Session
	Step  *Step
	Lanes *lanes.Lanes
	run   *pretraining
}

// Try begins a trial on images of side pixels.
func Try(c recipe.Pretrain, images loader.Source, side int) (*Trial, error) {
	session, err := trainer.Bare(settings(c), side)
	if err != nil {
		return nil, err
	}
	t := &pretraining{Session: session, config: c}
	step, err := t.build(images)
	if err == nil {
		err = t.Ready(t, step, t.start)
	}
	if err != nil {
		return nil, errors.Join(err, t.close())
	}
	return &Trial{session, t.step, t.lanes, t}, nil
}

// Close gives everything back.
func (t *Trial) Close() error { return t.run.close() }
