// Package pretrain runs pretraining (pretrain.go). Its task for package trainer's loop (task.go;
// trial.go for measuring) drives the step of a method (package method), and keeps the boxes of
// ContrastiveCrop (crop.go), an eye on kNN (online.go) and on what is not learned (unlearned.go);
// replay.go repeats a step that diverged. All settings are a recipe.Pretrain.
package pretrain

import (
	"context"
	"errors"

	"cmae/internal/comm"
	"cmae/internal/config"
	"cmae/internal/dataset"
	"cmae/internal/method"
	"cmae/internal/recipe"
	"cmae/internal/report"
	"cmae/internal/rundir"
	"cmae/internal/trainer"
)

// Options say how to run a configuration.
type Options struct {
	Config    recipe.Pretrain
	Methods   method.Table // that there are; nil for those of cmae
	Run       string       // folder of the run
	Resume    rundir.Resume
	Overwrite bool
	InitFrom  string // weights to start from: a safetensors file, a checkpoint or a run
	Console   *report.Console
	Tool      string         // name and version, for manifests
	Processes comm.Processes // that compute the run together; nil for this one alone
}

// Summary is the result of a run.
type Summary struct {
	Run        string `json:"run"`
	Checkpoint string `json:"checkpoint"`
	Steps      int    `json:"steps"`
	Epochs     int    `json:"epochs"`
	Rollbacks  int    `json:"rollbacks,omitempty"`
	// mean of the last epoch
	Loss float64 `json:"loss"`
	// of the last step of this session
	Terms           map[string]float64 `json:"terms,omitempty"`
	ImagesPerSecond float64            `json:"images_per_second,omitempty"` // likewise
	KNNAccuracy     *float64           `json:"knn_accuracy,omitempty"`
	// mean share of an image that ContrastiveCrop's boxes cover, once they are found
	BoxArea   *float64 `json:"box_area,omitempty"`
	Engine    string   `json:"engine"`
	Precision string   `json:"precision"`
}

// Pretrain trains until the last epoch, or until ctx ends; then it saves a checkpoint and returns a
// *trainer.Interrupted.
func Pretrain(ctx context.Context, o Options) (_ *Summary, err error) {
	t, err := open(ctx, o)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, t.close()) }()
	if err := t.run.Loop(ctx, t); err != nil {
		return nil, err
	}
	return t.summary(), nil
}

// DryRun finds out whether Pretrain could begin: it opens the images, takes the memory, reads the
// weights or the checkpoint, and begins no run.
func DryRun(ctx context.Context, o Options) (err error) {
	t, err := open(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.close()) }()
	if err := t.run.Ready(ctx, t); err != nil {
		return err
	}
	t.run.Announce(t)
	return nil
}

// open readies all that a run needs but its weights.
func open(ctx context.Context, o Options) (*task, error) {
	methods := o.Methods
	if methods == nil {
		methods = method.All()
	}
	labelled, err := openLabelled(ctx, o)
	if err != nil {
		return nil, err
	}
	to := trainer.Options{
		Folder: o.Run, Resume: o.Resume, Overwrite: o.Overwrite, Console: o.Console, Tool: o.Tool,
		Processes: o.Processes, From: o.InitFrom,
	}
	a := &o.Config.Augment
	to.Images, err = trainer.Complete(ctx, to, &o.Config.Common, &a.Mean, &a.Std, o.InitFrom)
	if err = comm.Agree(o.Processes, err); err != nil {
		return nil, err
	}
	s := settings(methods, o.Config)
	s.EvaluatedOn = labelled
	run, err := trainer.Open(ctx, to, s)
	if err != nil {
		return nil, err
	}
	t, err := newTask(run, methods, o.Config, run.Images.Train, o.InitFrom)
	if err = comm.Agree(o.Processes, err); err != nil {
		if t != nil { // another process has failed
			err = errors.Join(err, t.close())
		}
		return nil, err
	}
	if t.labelled = labelled; labelled == nil {
		t.labelled = run.Images.Labelled()
	}
	return t, nil
}

// openLabelled opens the images of train.knn_path, the same in all processes; nil where there are
// none apart.
func openLabelled(ctx context.Context, o Options) (data *dataset.Data, err error) {
	c := o.Config.Data
	if c.Path = o.Config.Train.KNNPath; c.Path == "" {
		return nil, nil
	}
	c.Format, c.Labels, c.Limit, c.PerClass, c.Holdout = dataset.Auto, "", 0, 0, 0
	err = comm.ByHost(o.Processes, func() error {
		if data, err = dataset.OpenWithConsole(ctx, c, o.Config.Seed, o.Console); err != nil {
			return err
		}
		data = data.Labelled()
		return data.CheckEvaluation()
	})
	if err != nil {
		return nil, err
	}
	return data, comm.Same(
		o.Processes, "the data of train.knn_path", data.Train.Digest()+data.Test.Digest(),
		"give all hosts the same images",
	)
}

// settings are what the loop reads of the recipe.
func settings(methods method.Table, c recipe.Pretrain) trainer.Settings {
	return trainer.Settings{
		Command: "pretrain", Common: c.Common, Train: c.Train.Train, Recipe: config.Anywhere(c),
		Load: func(name string, text []byte) (any, error) { return methods.Decode(name, text) },
		Check: func(side int, data *dataset.Data) error {
			return check(methods, c, side, data)
		},
		Fits: func(side, images, processes int, most float64) error {
			share := c
			share.Train.BatchSize /= processes
			return methods.Fits(share.At(side).Of(images), most)
		},
		MayChange: c.MayChange(), EvaluatesItself: c.Train.KNNEvery > 0,
	}
}

// check is CheckData for open data, and refuses train.knn_every if the test images do not allow
// evaluation. The error names the setting, since the data may well be used without it.
func check(methods method.Table, c recipe.Pretrain, side int, data *dataset.Data) error {
	own := c.Train.KNNEvery > 0 && c.Train.KNNPath == ""
	if err := data.CheckEvaluation(); err != nil && own {
		return config.Faultf(
			"train.knn_every", "set it to 0, or train.knn_path to a folder of labelled images: %v",
			err,
		)
	}
	return methods.CheckData(c, side, data.Train.Len())
}

// summary says how the run ended, which may have been in an earlier session.
func (t *task) summary() *Summary {
	r := t.run
	s := &Summary{
		Run: r.Folder, Checkpoint: r.Checkpoint(), Steps: r.At.Step, Epochs: r.At.Epoch,
		Rollbacks: r.Rollbacks(), Loss: r.At.Loss, Terms: r.LastRow.Group(rundir.Terms),
		ImagesPerSecond: r.LastRow.Values[rundir.ImagesPerSecond], KNNAccuracy: t.accuracy,
		Engine: r.Choice.Name(), Precision: r.Choice.ComputeType.String(),
	}
	if t.boxes != nil && t.refreshed >= 0 {
		area := t.boxes.MeanArea()
		s.BoxArea = &area
	}
	return s
}
