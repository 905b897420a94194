package trainer

import (
	"errors"

	"cmae/internal/lanes"
	"cmae/internal/loader"
	"cmae/internal/runs"
)

// Trial is a run without folder or epochs, for measuring: Train makes the steps of a run.
type Trial struct {
	*runs.Session
	Step  *Step
	Lanes *lanes.Lanes
	run   *trainer
}

// Try begins a trial on images of side pixels.
func Try(c Config, images loader.Source, side int) (*Trial, error) {
	session, err := runs.Bare(c.settings(), side)
	if err != nil {
		return nil, err
	}
	t := &trainer{Session: session, config: c}
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
