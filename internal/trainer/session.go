// Package trainer is the loop of any command that trains: its epochs, how it resumes and how it ends
// early. The command's Training says what a step computes and how an epoch is judged.
//
// Reading order: session.go (what a command opens, and Training), loop.go (epochs and steps),
// state.go (position and checkpoints), tensors.go (arrays to checkpoints and back), ended.go
// (interrupted, diverged, and what the log says of it), limits.go (what settings may ask for). The
// folder that a run writes is package rundir's.
package trainer

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"cmae/internal/config"
	"cmae/internal/contrastivecrop"
	"cmae/internal/dataset"
	"cmae/internal/dataset/loader"
	"cmae/internal/fault"
	"cmae/internal/graph/nn"
	"cmae/internal/kernel"
	"cmae/internal/kernel/backend"
	"cmae/internal/optim"
	"cmae/internal/report"
	"cmae/internal/rundir"
	"cmae/internal/rundir/checkpoint"
)

// Options say where a run goes and how it begins.
type Options struct {
	Run       string // folder of the run
	Resume    rundir.Resume
	Overwrite bool
	Console   *report.Console
	Tool      string // name and version, for manifests
}

// Settings are what a session reads of a command's configuration.
type Settings struct {
	Command string                                      // what progress is called
	Config  any                                         // the whole configuration
	Load    func(name string, text []byte) (any, error) // reads a saved one
	// keys and sections that a resume may change beside those of all commands
	MayChange []string
	// what depends on the data: faults of settings, or of the data
	Check     func(side int, images *dataset.Data) error
	Seed      uint64
	Engine    string
	Precision string
	Threads   int
	Data      dataset.Config
	Optim     optim.Config

	JudgesItself                             bool // on the test images, while it trains
	Epochs, Batch, CheckpointEvery, KeepLast int
	// in which a batch is computed, one after the other
	Parts int
}

// Training is what differs between the commands that train; a Session does the rest.
type Training interface {
	// BeginEpoch readies the current epoch, at its beginning or after a resume, and returns what
	// bounds its crops (nil: nothing does).
	BeginEpoch(ctx context.Context) (func(image int) contrastivecrop.Box, error)
	// Compute runs one part of a batch, the images from index first on. It returns the mean loss,
	// and its terms if it has several, and leaves the gradients in Step.Grads.
	Compute(b *loader.Batch, first int) (loss float64, terms map[string]float64, err error)
	// Update makes the optimizer step, each gradient multiplied by scale, and adds to the step's
	// row what only it knows.
	Update(row *rundir.Row, grads []kernel.Tensor, scale float64)
	// EndEpoch judges the finished epoch when that is due, and reports whether it is the best so
	// far. saved says that the epoch gets a checkpoint in any case.
	EndEpoch(ctx context.Context, row *rundir.Row, saved bool) (best bool, err error)
	// Save adds to a checkpoint what only the command knows: groups of tensors, metrics. Restore
	// takes it back.
	Save(c *checkpoint.Checkpoint)
	Restore(c *checkpoint.Checkpoint) error
}

// Step is what a session drives to train.
type Step struct {
	Loader    *loader.Loader
	Optimizer optim.Optimizer
	Params    []*nn.Param     // trained ones
	Grads     []kernel.Tensor // of Params, after Compute
}

// Session is a run in progress: what every command that trains opens, keeps and does.
type Session struct {
	Settings
	Options
	Images  *dataset.Data
	Side    int // of an image in pixels
	Choice  *backend.Choice
	Params  *nn.Params
	At      Position
	LastRow rundir.Row // of the last step that this session made
	// where it is set, told what a step does outside its graphs
	Clock func(phase string, took time.Duration)

	training Training
	step     Step
	// gradients summed over the parts of a batch, nil when it has one
	sums    []kernel.Tensor
	saved   *checkpoint.Checkpoint // what a resume goes on from
	changes []config.Change        // of settings since then
	folder  rundir.Folder
	lock    *rundir.Lock
	store   *checkpoint.Store
	logs    *rundir.Logs
}

// Open finds the checkpoint that a resume goes on from, and opens what does not depend on it:
// images, engine, a set of parameters.
func Open(ctx context.Context, o Options, c Settings) (_ *Session, err error) {
	s := &Session{Settings: c, Options: o, folder: rundir.Folder(o.Run), store: checkpoint.NewStore(o.Run)}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.lock.Release())
		}
	}()
	if err = s.find(); err != nil {
		return nil, err
	}
	if s.Images, err = dataset.OpenWithConsole(ctx, c.Data, c.Seed, o.Console); err != nil {
		return nil, err
	}
	if s.Side, err = s.Images.Side(); err == nil {
		err = c.Check(s.Side, s.Images)
	}
	if errors.Is(err, fault.Data) {
		return nil, err
	}
	if err != nil {
		return nil, config.Invalid(err)
	}
	if s.saved != nil {
		if err = s.sameImages(s.saved.Data); err != nil {
			return nil, err
		}
	}
	return s, s.openEngine()
}

// Bare is a session of images of side pixels that has no folder, for measuring: nobody calls Begin
// or Loop, and nothing is written.
func Bare(c Settings, side int) (*Session, error) {
	s := &Session{Settings: c, Side: side}
	return s, s.openEngine()
}

func (s *Session) openEngine() (err error) {
	if s.Choice, err = backend.Open(s.Engine, s.Precision, s.Threads); err != nil {
		return err
	}
	s.Params = nn.NewParams(s.Choice.Engine, kernel.F32, s.Seed)
	s.Params.KeepCopies(s.Choice.Inner)
	return nil
}

// find locks the folder, if there is one, and loads the checkpoint that a resume goes on from. It
// refuses one of other settings.
func (s *Session) find() error {
	if _, err := os.Stat(s.Run); err == nil {
		if s.lock, err = s.folder.Lock(s.Console); err != nil {
			return err
		}
		if s.Resume == rundir.ResumeNever && !s.Overwrite {
			return s.folder.Free() // before images are decoded
		}
		if err = s.store.Recover(); err != nil {
			return err
		}
	}
	c, path, err := s.folder.Find(s.Resume, s.Console)
	if c == nil || err != nil {
		return err
	}
	old, err := s.Load(filepath.Join(path, checkpoint.SettingsFile), c.Config)
	if err != nil {
		return fmt.Errorf("%w: %w", fault.Mismatch, err)
	}
	s.saved, s.changes = c, config.Diff(old, s.Config)
	return rundir.SameSettings(old, s.Config, s.MayChange...)
}

// Ready restores t from the checkpoint that a resume goes on from, or calls start, which gives a
// new run its weights. It writes nothing.
func (s *Session) Ready(t Training, step Step, start func() error) error {
	s.training, s.step = t, step
	if s.Parts > 1 {
		for _, g := range step.Grads {
			s.sums = append(s.sums, s.Choice.New(g.Type, g.Shape...))
		}
	}
	if s.saved == nil {
		return start()
	}
	if err := s.restore(s.saved); err != nil {
		return err
	}
	s.Console.Log("%s", s.resumed())
	return nil
}

// resumed tells where a resumed run stands.
func (s *Session) resumed() string {
	if s.At.Epoch < s.Epochs {
		return fmt.Sprintf("resumed at step %d, epoch %d", s.At.Step, s.At.Epoch+1)
	}
	return fmt.Sprintf("all %d epochs are done: nothing is left to train", s.Epochs)
}

// Begin is Ready, and then opens the run's folder; for a new run it makes the folder first.
func (s *Session) Begin(t Training, step Step, start func() error) (err error) {
	if err := s.Ready(t, step, start); err != nil {
		return err
	}
	goesOn := s.saved != nil
	if goesOn {
		// settings may change, and newer checkpoints may be corrupt
		err = errors.Join(s.folder.WriteSettings(s.Config), s.store.SetLast(s.At.Step))
	} else {
		err = s.create()
	}
	s.saved = nil // for its memory
	if err == nil {
		s.logs, err = s.folder.OpenLogs(s.At.rows, s.Console)
	}
	if goesOn {
		s.Console.Record("%s", s.resumed()) // which Ready has shown
	}
	for _, c := range s.changes {
		note := ""
		if c.Key == "threads" || c.Key == "lanes" {
			note = "; sums may be rounded in another order than by a run that was never stopped"
		}
		s.Console.Log("%s%s", c, note)
	}
	return err
}

// create makes the folder of a new run. If the folder holds a run that ended before its first
// checkpoint, so that rundir.ResumeAuto found none, the new run replaces it.
func (s *Session) create() (err error) {
	if s.lock == nil {
		if s.lock, err = s.folder.Lock(s.Console); err != nil {
			return err
		}
	}
	anew := s.Resume == rundir.ResumeAuto && s.folder.Begun()
	if anew {
		s.Console.Warn(
			"no checkpoint in %q: started anew, and what the run there had logged is deleted",
			s.Run,
		)
	}
	if err := s.folder.Create(s.Config, s.Overwrite || anew); err != nil {
		return err
	}
	return s.folder.WriteBadFiles(s.Images.Report.Bad)
}

// Announce prints what runs and on what.
func (s *Session) Announce() {
	s.Console.Log("engine %s, %s (%s)", s.Choice.Name(), s.Choice.Inner, s.Choice.Reason)
	for _, w := range s.Choice.Warnings {
		s.Console.Warn("%s", w)
	}
	train, test, judged, classes := s.Images.Train, s.Images.Test, "no test images", "no labels"
	switch {
	case test != nil && s.Data.Holdout > 0:
		judged = fmt.Sprintf("%d held-out images", test.Len())
	case test != nil:
		judged = fmt.Sprintf("%d test images", test.Len())
	}
	if n := len(train.Classes()); n > 0 {
		classes = fmt.Sprintf("%d classes", n)
	}
	s.Console.Log("data: %d training images, %s, %s, %d px", train.Len(), judged, classes, s.Side)
}

// Steps is the number of steps of an epoch.
func (s *Session) Steps() int { return s.step.Loader.Steps() }

// Checkpoint is the path of the checkpoint of the last step.
func (s *Session) Checkpoint() string { return s.store.Path(s.At.Step) }

// Log appends a row to metrics.jsonl.
func (s *Session) Log(row rundir.Row) error { return s.logs.Write(row) }

// Close gives logs, engine and folder back.
func (s *Session) Close() error {
	return errors.Join(s.logs.Close(), s.Choice.Close(), s.lock.Release())
}
