// Package trainer is the training loop of every command that trains. A command opens a Run, which
// has the images, the engine and the run's folder, makes its Task, which knows the model
// and its losses, and lets the run loop over the task:
//
//	run, err := trainer.Open(ctx, options, settings)
//	task, err := newTask(run, ...)
//	err = run.Loop(ctx, task)
//
// Reading order: run.go (what a command opens), task.go (what it brings), begin.go (a new run or
// a resumed one), complete.go (what the settings leave to them), step.go (one optimizer step, on
// a page), ahead.go (what an engine lets the program do meanwhile), loop.go (epochs),
// recorder.go (all that a run writes), checkpoint.go and tensors.go (what is in a checkpoint),
// ended.go (runs that end early), diverged.go and bundle.go (what is kept of a step that is not
// finite), rollback.go (a run that goes back and on), replay.go (that step again), together.go
// (runs of several processes). The folder's layout is package rundir's.
package trainer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cmae/internal/comm"
	"cmae/internal/config"
	"cmae/internal/dataset"
	"cmae/internal/fault"
	"cmae/internal/graph/nn"
	"cmae/internal/kernel"
	"cmae/internal/kernel/backend"
	"cmae/internal/recipe"
	"cmae/internal/report"
	"cmae/internal/rundir"
	"cmae/internal/rundir/checkpoint"
	"cmae/internal/weights"
)

// Options say where a run goes and how it begins.
type Options struct {
	Folder    string
	Resume    rundir.Resume
	Overwrite bool
	Console   *report.Console
	Tool      string         // name and version, for manifests
	Processes comm.Processes // that compute the run together; nil for this one alone
	Images    *dataset.Data  // where they are open already
	// what a new run takes its weights from: a run, a checkpoint or a safetensors file. Scratch
	// says that a resumed run, too, is asked for as one from random weights.
	From    string
	Scratch bool
}

// Settings are what the loop reads of a command's recipe.
type Settings struct {
	Command string // what progress is called
	Common  recipe.Common
	Train   recipe.Train
	Recipe  any                                         // the whole
	Load    func(name string, text []byte) (any, error) // reads a saved one
	// keys and sections that a resume may change beside those of all commands
	MayChange []string
	// what depends on the data: faults of settings, or of the data
	Check func(side int, images *dataset.Data) error
	// whether an engine of most bytes can hold a step, of which each process computes a part, on
	// so many training images of this side
	Fits func(side, images, processes int, most float64) error
	// whether test images tell, while it trains, how good the model is: those of EvaluatedOn, which
	// is nil where they are the run's own
	EvaluatesItself bool
	EvaluatedOn     *dataset.Data
	// trains on the images that have a label alone
	Labelled bool
}

// Run is a run in progress: what every command that trains opens, keeps and closes.
type Run struct {
	Folder  string
	Console *report.Console
	Images  *dataset.Data
	Side    int // of an image in pixels
	Choice  *backend.Choice
	// what the task's graphs run in, once Replicate has opened it
	Replicas *comm.Replicas
	Params   *nn.Params
	At       Position
	LastRow  rundir.Row // of the last step of this session
	// where it is set, told how long each phase of a step took that is no phase of its graph
	Clock func(phase string, took time.Duration)
	// where it is set, the learning rate of a step in place of the schedule's, by the steps before
	Rate func(step int) float64

	settings   Settings
	options    Options
	components Components
	running    []kernel.Tensor // runningParams before the step
	lapped     time.Time       // when Lap was last called
	told       time.Time       // when an epoch's line was last shown
	recorder   *recorder
	saved      *checkpoint.Checkpoint // what a resume goes on from
	changes    []config.Change        // of settings since then
	began      string                 // what the run took its weights from (see started)
	rollbacks  []checkpoint.Rollback  // that the run's course has had
	planned    int                    // step of the last checkpoint but those of interruptions; -1
	leaving    bool                   // the run ends early
	failed     *Diverged              // what the last step came to, where it was not finite

	// of several processes (together.go): all of them, where this one's signals come from, and what
	// ends the loop in all
	processes comm.Processes
	signals   context.Context
	stop      context.CancelCauseFunc
	between   bool // the run ends between two steps, on an error of a process
}

// Open finds the checkpoint that a resume goes on from, and opens what does not depend on it:
// images, engine, a set of parameters. Faults of settings are *config.Error, of images fault.Data,
// of a folder or a resume fault.Usage and rundir.ErrHeld.
func Open(ctx context.Context, o Options, s Settings) (_ *Run, err error) {
	r := newRun(o, s)
	if comm.First(o.Processes) {
		r.recorder = newRecorder(o, s.Common.Track)
		err = r.find()
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, r.recorder.close())
		}
	}()
	if err = r.together(err); err != nil {
		return nil, err
	}
	if err = r.sendSaved(); err != nil {
		return nil, err
	}
	if err = r.openImages(ctx); err != nil {
		return nil, err
	}
	if err = r.together(r.checkImages()); err != nil {
		return nil, err
	}
	return r, r.together(r.openEngine(r.Images.Train.Len()))
}

// checkImages refuses images that the settings, or the checkpoint to resume, are not for.
func (r *Run) checkImages() (err error) {
	if err = r.divides(1); err != nil {
		return err
	}
	if r.Side, err = r.Images.Side(); err == nil {
		err = r.settings.Check(r.Side, r.Images)
	}
	if errors.Is(err, fault.Data) {
		return err
	}
	if err != nil {
		return config.Invalid(err)
	}
	if r.saved != nil {
		return r.sameImages(r.saved.Data)
	}
	return nil
}

// Bare is a run on so many images of side pixels that has no folder and does not open them, for
// measuring: nothing is written, and nobody calls Loop.
func Bare(s Settings, side, images int, p comm.Processes) (*Run, error) {
	r := newRun(Options{Processes: p}, s)
	r.Side = side
	return r, r.openEngine(images)
}

func newRun(o Options, s Settings) *Run {
	return &Run{
		planned: -1,
		Folder:  o.Folder, Console: o.Console, settings: s, options: o, processes: o.Processes,
	}
}

// openEngine opens the engine, which must hold a step on so many training images.
func (r *Run) openEngine(images int) (err error) {
	c := r.settings.Common
	if comm.Several(r.processes) && c.Threads == 0 {
		_, c.Threads = r.processes.OnHost()
	}
	if r.Choice, err = backend.Open(c.Engine, c.Precision, c.Threads); err != nil {
		return err
	}
	if e, ok := r.Choice.Engine.(kernel.Compiler); ok {
		e.OnCompile(r.Console.Waiting("compiling the step"))
	}
	most := r.Choice.Usage().Most
	if err := r.settings.Fits(r.Side, images, r.Processes(), most); err != nil {
		return errors.Join(config.Invalid(err), r.Choice.Close())
	}
	r.Params = nn.NewParams(r.Choice.Engine, kernel.F32, c.Seed)
	r.Params.KeepCopies(r.Choice.ComputeType)
	return nil
}

// Replicate opens so many replicas in every process, which Close closes. count may have failed.
func (r *Run) Replicate(count int, err error) error {
	if err == nil {
		r.Replicas, err = r.Choice.Replicas(count)
	}
	if err == nil {
		err = r.divides(count)
	}
	if err = r.together(err); err != nil || !comm.Several(r.processes) {
		return err
	}
	err = comm.Same(
		r.processes, "the number of replicas", fmt.Sprint(count), "set replicas, and threads",
	)
	if err != nil {
		return err
	}
	r.Replicas.Join(r.processes, r.settings.Common.Gradients == kernel.BF16.String())
	return nil
}

// Load fills the parameters from a file, and says so. patch is the side of a transformer's patches.
func (r *Run) Load(file *weights.File, patch int) error {
	channels, err := file.Adapt(r.settings.Common.Data.Channels)
	if err != nil {
		return err
	}
	positions, err := file.FitPositions(r.Side, patch)
	if err != nil {
		return err
	}
	for _, note := range []string{channels, positions} {
		if note != "" {
			r.Console.Warn("%s", note)
		}
	}
	loaded, err := file.Load(r.Params)
	if err != nil {
		return err
	}
	r.Params.Refresh()
	r.Console.Log("weights: %s", loaded)
	if loaded.Doubt != "" {
		r.Console.Warn("weights of %s can hardly be of use: %s", loaded.Path, loaded.Doubt)
	}
	return nil
}

// Steps is the number of steps of an epoch.
func (r *Run) Steps() int { return r.components.Loader.Steps() }

// Checkpoint is the path of the checkpoint of the last step.
func (r *Run) Checkpoint() string { return checkpoint.NewStore(r.Folder).Path(r.At.Step) }

// Log appends a row to metrics.jsonl.
func (r *Run) Log(row rundir.Row) error { return r.recorder.row(row) }

// Close gives engine and folder back. The task's graphs are closed before.
func (r *Run) Close() (err error) {
	if r.Replicas != nil {
		err = r.Replicas.Close()
	}
	return errors.Join(err, r.Choice.Close(), r.recorder.close())
}
