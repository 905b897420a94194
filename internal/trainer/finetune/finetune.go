// Package finetune trains a whole encoder with a classifier on labels (spec 5), from a pretrained
// one or from random weights, and judges it on the test images after every epoch.
//
// Letters: B images of a batch, S side of an image in pixels, N patches, C classes.
//
// Reading order: finetune.go (a run, whose settings are a recipe.Finetune), training.go (its steps
// and epochs, which package trainer drives), mix.go (mixup and cutmix), step.go (the compiled
// step), droppath.go, judge.go (the test images), result.go.
package finetune

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"cmae/internal/comm"
	"cmae/internal/dataset"
	"cmae/internal/dataset/loader"
	"cmae/internal/evaluate"
	"cmae/internal/evaluate/features"
	"cmae/internal/fault"
	"cmae/internal/graph"
	"cmae/internal/graph/exec"
	"cmae/internal/graph/nn"
	"cmae/internal/kernel/backend"
	"cmae/internal/optim"
	"cmae/internal/recipe"
	"cmae/internal/report"
	"cmae/internal/report/canvas"
	"cmae/internal/rundir"
	"cmae/internal/rundir/checkpoint"
	"cmae/internal/trainer"
	"cmae/internal/weights"
)

// Options say how to run a configuration.
type Options struct {
	Config recipe.Finetune
	Run    string // folder of the run
	// weights to start from: a run, a checkpoint or a safetensors file; empty = random ones
	From      string
	ResetHead bool // leave a classifier of From's behind
	Resume    rundir.Resume
	Overwrite bool
	Console   *report.Console
	Tool      string // name and version, for manifests
}

// tuner is a run in progress.
type tuner struct {
	*trainer.Session
	config    recipe.Finetune
	from      string
	resetHead bool
	lanes     *lanes.Lanes
	step      *step
	judge     *judge
	optimizer optim.Optimizer
	whole     *loader.Loader      // test images
	targets   []float32           // [B,C] of the step
	verdict   *evaluate.Confusion // on the classifier as it stands, or nil
	best      float64             // highest accuracy on the test images so far, -1 before the first
	bestEpoch int                 // after which that was, from 1
}

var _ trainer.Training = (*tuner)(nil)

// Run trains until the last epoch, or until ctx ends; then it saves a checkpoint and returns a
// *trainer.Interrupted.
func Run(ctx context.Context, o Options) (_ *Summary, err error) {
	where := trainer.Options{
		Run: o.Run, Resume: o.Resume, Overwrite: o.Overwrite, Console: o.Console, Tool: o.Tool,
	}
	session, err := trainer.Open(ctx, where, settings(o.Config))
	if err != nil {
		return nil, err
	}
	t := &tuner{Session: session, config: o.Config, from: o.From, resetHead: o.ResetHead, best: -1}
	defer func() { err = errors.Join(err, t.close()) }()
	step, err := t.build()
	if err == nil {
		err = t.Begin(t, step, t.start)
	}
	if err != nil {
		return nil, err
	}
	t.announce()
	if err := t.Loop(ctx); err != nil {
		return nil, err
	}
	return t.summary(ctx)
}

// settings are what a session reads of the configuration.
func settings(c recipe.Finetune) trainer.Settings {
	return trainer.Settings{
		Command: "finetune", Config: c,
		Load:  func(name string, text []byte) (any, error) { return recipe.LoadFinetune(name, text) },
		Check: func(side int, data *dataset.Data) error { return check(c, side, data) }, JudgesItself: true,
		Seed: c.Seed, Engine: c.Engine, Precision: c.Precision, Threads: c.Threads, Data: c.Data, Optim: c.Optim,
		Epochs: c.Train.Epochs, Batch: c.Train.BatchSize, Parts: c.Train.Accumulate,
		CheckpointEvery: c.Train.CheckpointEvery, KeepLast: c.Train.KeepLast,
	}
}

// check is ValidateData of open data, which must be fit to learn classes from and to be judged on.
func check(c recipe.Finetune, side int, data *dataset.Data) error {
	if err := data.CheckJudging(); err != nil {
		return err
	}
	return c.ValidateData(side, data.Train.Len())
}

// build makes what does not depend on whether the run is new: step, optimizer, judge, loaders.
func (t *tuner) build() (_ trainer.Step, err error) {
	c, classes := t.config, len(t.Images.Train.Classes())
	s := shape{
		encoder: c.Model.Resolved(), side: t.Side, classes: classes, batch: c.Train.Microbatch(),
		inner: t.Choice.Inner, positions: c.Train.Positions,
	}
	count, err := lanesOn(c, t.Choice, s)
	if err != nil {
		return trainer.Step{}, err
	}
	if t.lanes, err = t.Choice.Lanes(count); err != nil {
		return trainer.Step{}, err
	}
	if t.step, err = newStep(t.lanes, t.Params, s, c.Train.DropPath); err != nil {
		return trainer.Step{}, err
	}
	t.targets = make([]float32, c.Train.BatchSize*classes)
	t.optimizer = optim.New(c.Optim, t.Choice.Engine, t.step.Params())
	t.optimizer.Regroup(optim.LayerDecay(c.Train.LayerDecay, s.layers()))
	s.batch = min(features.Batch, t.Images.Test.Len())
	if t.judge, err = newJudge(t.Params, s); err != nil {
		return trainer.Step{}, err
	}
	o := loader.Options{
		Mode: loader.Whole, Seed: c.Seed, Batch: s.batch, Side: t.Side,
		Augment: c.Augment.Views(), Supervised: &c.Augment, Config: c.Loader,
	}
	if t.whole, err = loader.New(loader.From(t.Images.Test), o); err != nil {
		return trainer.Step{}, err
	}
	o.Mode, o.Batch = loader.Labelled, c.Train.BatchSize
	train, err := loader.New(loader.From(t.Images.Train), o)
	return trainer.Step{
		Loader: train, Optimizer: t.optimizer, Params: t.step.Params(), Grads: t.step.Grads(),
	}, err
}

// lanesOn is how many lanes a run of this shape has.
func lanesOn(c recipe.Finetune, choice *backend.Choice, s shape) (int, error) {
	return choice.LanesFor(c.Lanes, s.batch, !s.encoder.IsResNet(), func(p *nn.Params) (*graph.Sketch, error) {
		return exec.Plan(p, 1, s.inner, s.train(newDropPath(c.Train.DropPath, s)))
	})
}

// start takes the encoder of a file, and its head where it has one. A transformer's final LayerNorm
// has no place here: fc_norm is a new one, as pooling comes before it.
func (t *tuner) start() error {
	if t.from == "" {
		return nil
	}
	file, err := weights.Open(t.from)
	if err != nil {
		return err
	}
	if t.resetHead {
		file.Forget(t.step.head(), "fc_norm.")
	}
	if head := file.Shape(t.step.head() + "weight"); len(head) > 0 && head[0] != t.step.classes {
		return fmt.Errorf("%w: %q has a head for %d classes and the data has %d: give --reset-head to train a new one",
			fault.Mismatch, file.Path, head[0], t.step.classes)
	}
	file.Forget("norm.")
	loaded, err := file.Load(t.Params)
	if err != nil {
		return err
	}
	t.Params.Refresh()
	t.Console.Log("weights: %s", loaded)
	return nil
}

// announce prints what was derived from the settings, so that nobody has to work it out.
func (t *tuner) announce() {
	t.Announce()
	c, e := t.config, t.step.encoder
	encoder := fmt.Sprintf("%s, %d wide", e.Size, e.Width)
	if !e.IsResNet() {
		encoder = fmt.Sprintf(
			"%d wide, %d deep, %d heads; %d patches of %d px", e.Dim, e.Depth, e.Heads,
			t.step.patches(), e.PatchSize,
		)
	}
	t.Console.Log(
		"encoder %s; %d trained parameters; %.1f MB of activations in %s", encoder,
		t.Params.Count(""), float64(t.step.Memory())/1e6, t.lanes,
	)
	peak, first := c.Optim.Rate(c.Train.BatchSize), optim.LayerDecay(
		c.Train.LayerDecay, t.step.layers(),
	)(t.step.Params()[0])
	t.Console.Log("%s of %s, batch %d, peak learning rate %.3g at the head and %.3g at the first layer",
		report.Count(
			c.Train.Epochs, "epoch",
		), report.Count(t.Steps(), "step"), c.Train.BatchSize, peak, peak*first.Scale)
}

// summary draws the confusion matrix and says how the run ended, which may have been in an earlier
// session.
func (t *tuner) summary(ctx context.Context) (_ *Summary, err error) {
	if t.verdict == nil {
		if t.verdict, err = t.judgeTest(ctx); err != nil {
			return nil, err
		}
	}
	s := &Summary{
		Method: "finetune", Run: t.Run, Checkpoint: t.Checkpoint(), Steps: t.At.Step, Epochs: t.At.Epoch, Loss: t.At.Loss,
		Classes: t.step.classes, Train: t.Images.Train.Len(), Test: t.Images.Test.Len(), Score: t.verdict.Score(),
		Best:            Best{t.best, t.bestEpoch, filepath.Join(t.Run, checkpoint.Best)},
		Confusion:       filepath.Join(rundir.Pictures(t.Run), "confusion.png"),
		ImagesPerSecond: t.LastRow.Values[rundir.ImagesPerSecond], Engine: t.Choice.Name(), Precision: t.Choice.Inner.String(),
	}
	title := fmt.Sprintf("%s: accuracy %.4f", rundir.Name(t.Run), s.Accuracy)
	return s, canvas.Confusion(s.Confusion, title, t.Images.Test.Titles(), t.verdict.Matrix())
}

// close gives everything back, whatever had been made.
func (t *tuner) close() error {
	var errs []error
	if t.judge != nil {
		errs = append(errs, t.judge.Close())
	}
	if t.step != nil {
		errs = append(errs, t.step.Close())
	}
	if t.lanes != nil {
		errs = append(errs, t.lanes.Close())
	}
	return errors.Join(append(errs, t.Session.Close())...)
}
