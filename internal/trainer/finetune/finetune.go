// Package finetune trains a whole encoder with a classifier on labels (spec 5), from a pretrained
// one or from random weights, and evaluates it on the test images after every epoch.
//
// Letters: B images of a batch, S side of an image in pixels, N patches, C classes.
//
// Reading order: finetune.go (a run, whose settings are a recipe.Finetune), task.go (its
// epochs, as package trainer's loop drives them), batch.go (a batch becomes a step), head.go (a
// classifier that the weights bring), probe.go (one that begins as a linear probe), settle.go (the
// recipe for so many labels), mix.go (mixup and cutmix), step.go (the compiled step), droppath.go,
// evaluate.go (the test images), result.go, replay.go (a step that diverged, again).
package finetune

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"cmae/internal/comm"
	"cmae/internal/config"
	"cmae/internal/dataset"
	"cmae/internal/evaluate"
	"cmae/internal/recipe"
	"cmae/internal/report"
	"cmae/internal/report/canvas"
	"cmae/internal/rundir"
	"cmae/internal/rundir/checkpoint"
	"cmae/internal/trainer"
)

// Options say how to run a configuration.
type Options struct {
	Config recipe.Finetune
	Run    string // folder of the run
	// weights to start from: a run, a checkpoint or a safetensors file; empty = random ones
	From      string
	Scratch   bool // random weights are asked for, of a resumed run too
	ResetHead bool // leave a classifier of From's behind
	Resume    rundir.Resume
	Overwrite bool
	Console   *report.Console
	Tool      string         // name and version, for manifests
	Processes comm.Processes // that compute the run together; nil for this one alone
}

// Run trains until the last epoch, or until ctx ends; then it saves a checkpoint and returns a
// *trainer.Interrupted.
func Run(ctx context.Context, o Options) (_ *Summary, err error) {
	to := trainer.Options{
		Folder: o.Run, Resume: o.Resume, Overwrite: o.Overwrite, Console: o.Console, Tool: o.Tool,
		Processes: o.Processes, From: o.From, Scratch: o.Scratch,
	}
	a := &o.Config.Augment
	to.Images, err = trainer.Complete(ctx, to, &o.Config.Common, &a.Mean, &a.Std, o.From)
	if err = comm.Agree(o.Processes, err); err != nil {
		return nil, err
	}
	run, err := trainer.Open(ctx, to, settings(o.Config))
	if err != nil {
		return nil, err
	}
	t, err := newTask(run, o)
	if err = comm.Agree(o.Processes, err); err != nil {
		if t != nil { // another process has failed
			err = errors.Join(err, t.close())
		}
		return nil, err
	}
	defer func() { err = errors.Join(err, t.close()) }()
	if err := run.Loop(ctx, t); err != nil {
		return nil, err
	}
	return t.summary(ctx)
}

// settings are what the loop reads of the recipe.
func settings(c recipe.Finetune) trainer.Settings {
	return trainer.Settings{
		Command: "finetune", Common: c.Common, Train: c.Train.Train, Recipe: config.Anywhere(c),
		Load: func(name string, text []byte) (any, error) {
			return recipe.LoadFinetune(name, text)
		},
		Check: func(side int, data *dataset.Data) error { return check(c, side, data) },
		Fits: func(side, _, processes int, most float64) error {
			share := c
			share.Train.BatchSize /= processes
			return share.Fits(side, most)
		},
		EvaluatesItself: true, Labelled: true,
	}
}

// check is ValidateData of open data, which must be fit to learn classes from and to be evaluated
// on.
func check(c recipe.Finetune, side int, data *dataset.Data) error {
	if err := data.CheckEvaluation(); err != nil {
		return err
	}
	return c.ValidateData(side, data.Train.Len())
}

// summary draws the confusion matrix and says how the run ended, which may have been in an earlier
// session.
func (t *task) summary(ctx context.Context) (_ *Summary, err error) {
	if t.confusion == nil {
		if t.confusion, err = t.evaluate(ctx); err != nil {
			return nil, err
		}
	}
	r, test := t.run, t.run.Images.Test
	s := &Summary{
		Method: evaluate.Finetuned, Run: r.Folder, Checkpoint: r.Checkpoint(), Steps: r.At.Step,
		Epochs: r.At.Epoch, Rollbacks: r.Rollbacks(), Loss: r.At.Loss, Classes: t.step.classes,
		Train: r.Images.Train.Len(), Test: test.Len(), Score: t.confusion.Score(),
		Probe:           t.probed,
		Best:            Best{t.best, t.bestEpoch, filepath.Join(r.Folder, checkpoint.Best)},
		Confusion:       filepath.Join(rundir.Pictures(r.Folder), "confusion.png"),
		ImagesPerSecond: r.LastRow.Values[rundir.ImagesPerSecond],
		Engine:          r.Choice.Name(), Precision: r.Choice.ComputeType.String(),
	}
	t.belowProbe(s.Accuracy)
	if !comm.First(t.processes) {
		return s, nil
	}
	title := fmt.Sprintf("%s: accuracy %.4f", rundir.Name(r.Folder), s.Accuracy)
	if err := evaluate.Keep(r.Folder, evaluate.Kept{
		Result: evaluate.Result{
			Method: s.Method, Encoder: s.Checkpoint, Classes: s.Classes,
			Train: s.Train, Test: s.Test, Score: s.Score, Confusion: t.confusion.Matrix(),
		},
		Subject: evaluate.Trained, Titles: test.Titles(),
		On: evaluate.BasisOf(t.config.Data, r.Images, r.Side),
	}); err != nil {
		return nil, err
	}
	return s, canvas.Confusion(s.Confusion, title, test.Titles(), t.confusion.Matrix())
}
