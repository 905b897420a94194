// Package pretrain runs pretraining: it builds a step (step.go, inputs.go) in as many lanes as pay
// (lanes.go), says what a run of it is (trainer.go, training.go; trial.go for measuring), keeps the
// boxes of ContrastiveCrop (crop.go), a queue of keys (queue.go) and an eye on kNN (online.go). The
// loop, the run folder, the rows of metrics and the checkpoints are package runs'. All settings are
// a recipe.Pretrain.
package pretrain

import (
	"context"
	"errors"
	"fmt"
	"math"

	"cmae/internal/comm"
	"cmae/internal/contrastivecrop"
	"cmae/internal/dataset"
	"cmae/internal/dataset/loader"
	"cmae/internal/graph/nn"
	"cmae/internal/model"
	"cmae/internal/optim"
	"cmae/internal/recipe"
	"cmae/internal/report"
	"cmae/internal/rundir"
	"cmae/internal/trainer"
	"cmae/internal/weights"
)

// Options say how to run a configuration.
type Options struct {
	Config    recipe.Pretrain
	Run       string // folder of the run
	Resume    rundir.Resume
	Overwrite bool
	InitFrom  string // weights to start from: a safetensors file, a checkpoint or a run
	Console   *report.Console
	Tool      string // name and version, for manifests
}

// Summary is the result of a run.
type Summary struct {
	Run        string `json:"run"`
	Checkpoint string `json:"checkpoint"`
	Steps      int    `json:"steps"`
	Epochs     int    `json:"epochs"`
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

// pretraining is a run in progress.
type pretraining struct {
	*trainer.Session
	config    recipe.Pretrain
	initFrom  string
	lanes     *lanes.Lanes
	step      *Step
	optimizer optim.Optimizer
	boxes     *contrastivecrop.Boxes // nil without ContrastiveCrop
	// the last epoch before which the boxes were found anew, -1 if never
	refreshed int
	best      float64  // so far, of the metric that train.best names; lower is better
	accuracy  *float64 // of kNN, when it was last measured
}

var _ trainer.Training = (*pretraining)(nil)

// Pretrain trains until the last epoch, or until ctx ends; then it saves a checkpoint and returns a
// *trainer.Interrupted.
func Pretrain(ctx context.Context, o Options) (_ *Summary, err error) {
	t, step, err := open(ctx, o)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, t.close()) }()
	if err := t.Begin(t, step, t.start); err != nil {
		return nil, err
	}
	t.announce()
	if err := t.Loop(ctx); err != nil {
		return nil, err
	}
	return t.summary(), nil
}

// DryRun finds out whether Pretrain could begin: it opens the images, takes the memory, reads the
// weights or the checkpoint, and begins no run.
func DryRun(ctx context.Context, o Options) (err error) {
	t, step, err := open(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.close()) }()
	if err := t.Ready(t, step, t.start); err != nil {
		return err
	}
	t.announce()
	return nil
}

// open readies all that a run needs but its weights.
func open(ctx context.Context, o Options) (_ *pretraining, step trainer.Step, err error) {
	where := trainer.Options{
		Run: o.Run, Resume: o.Resume, Overwrite: o.Overwrite, Console: o.Console, Tool: o.Tool,
	}
	session, err := trainer.Open(ctx, where, settings(o.Config))
	if err != nil {
		return nil, step, err
	}
	t := &pretraining{
		Session: session, config: o.Config, initFrom: o.InitFrom, refreshed: -1, best: math.Inf(1),
	}
	if step, err = t.build(loader.From(t.Images.Train)); err != nil {
		return nil, step, errors.Join(err, t.close())
	}
	return t, step, nil
}

// settings are what a session reads of the configuration.
func settings(c recipe.Pretrain) trainer.Settings {
	return trainer.Settings{
		Command: "pretrain", Config: c, MayChange: c.MayChange(),
		Load:  func(name string, text []byte) (any, error) { return recipe.LoadPretrain(name, text) },
		Check: func(side int, data *dataset.Data) error { return check(c, side, data) }, JudgesItself: c.Train.KNNEvery > 0,
		Seed: c.Seed, Engine: c.Engine, Precision: c.Precision, Threads: c.Threads, Data: c.Data, Optim: c.Optim,
		Epochs: c.Train.Epochs, Batch: c.Train.BatchSize, Parts: c.Train.Accumulate,
		CheckpointEvery: c.Train.CheckpointEvery, KeepLast: c.Train.KeepLast,
	}
}

// check is ValidateData for open data, and refuses train.knn_every if the test images do not allow
// judging. The error names the setting, since the data may well be used without it.
func check(c recipe.Pretrain, side int, data *dataset.Data) error {
	if err := data.CheckJudging(); err != nil && c.Train.KNNEvery > 0 {
		return fmt.Errorf("train.knn_every: set it to 0: %v", err)
	}
	return c.ValidateData(side, data.Train.Len())
}

// build makes what does not depend on whether the run is new: step, optimizer, loader, boxes.
func (t *pretraining) build(images loader.Source) (s trainer.Step, err error) {
	c, arch := t.config, t.config.Architecture(t.Side)
	count, err := LanesOn(c, t.Choice, arch)
	if err != nil {
		return s, err
	}
	if t.lanes, err = t.Choice.Lanes(count); err != nil {
		return s, err
	}
	if t.step, err = NewStepIn(
		t.lanes, t.Params, arch, c.Train.Microbatch(), t.Choice.Inner,
	); err != nil {
		return s, err
	}
	model.UpdateMomentum(t.Params, 0)
	t.optimizer = optim.New(c.Optim, t.Choice.Engine, t.step.Params())
	t.optimizer.Lead(model.Followers(t.Params))
	if c.Crop.Enabled {
		t.boxes = contrastivecrop.NewBoxes(images.Len(), t.Side, c.Crop.Source)
	}
	s = trainer.Step{Optimizer: t.optimizer, Params: t.step.Params(), Grads: t.step.Grads()}
	s.Loader, err = loader.New(images, c.Loading(t.Side))
	return s, err
}

// start gives a new run its initial weights and its queue.
func (t *pretraining) start() error {
	if t.initFrom != "" {
		file, err := weights.Open(t.initFrom)
		if err != nil {
			return err
		}
		loaded, err := file.Load(t.Params)
		if err != nil {
			return err
		}
		t.Params.Refresh()
		model.UpdateMomentum(t.Params, 0)
		t.Console.Log("weights: %s", loaded)
	}
	if q := t.step.Queue(); !q.Absent() {
		nn.WriteTensor(t.Choice.Engine, q, initialQueue(t.config.Seed, q.Shape[0], q.Shape[1]))
	}
	return nil
}

// announce prints what was derived from the settings, so that nobody has to work it out.
func (t *pretraining) announce() {
	t.Announce()
	c, arch, e := t.config, t.config.Architecture(t.Side), t.config.Model.Resolved()
	for _, w := range c.Warnings(t.Side, t.Images.Train.Len()) {
		t.Console.Warn("%s", w)
	}
	network := fmt.Sprintf(
		"%s, stem %s, %d channels wide, %d features", e.Size, e.Stem, e.Width, e.Features(),
	)
	if !e.IsResNet() {
		network = fmt.Sprintf(
			"encoder %d wide, %d deep, %d heads; %d patches of %d px", e.Dim, e.Depth, e.Heads,
			arch.Patches(), e.PatchSize,
		)
	}
	if !c.Method.IsMoCo() {
		network += fmt.Sprintf(", %d visible", arch.Visible())
	}
	t.Console.Log(
		"%s; %s; %d trained parameters; %.1f MB of activations in %s", c.Trains(), network,
		t.Params.Count(""), float64(t.step.Memory())/1e6, t.lanes,
	)
	t.Console.Log(
		"%s of %s, batch %d, peak learning rate %.3g", report.Count(c.Train.Epochs, "epoch"),
		report.Count(t.Steps(), "step"), c.Train.BatchSize, c.Optim.Rate(c.Train.BatchSize),
	)
}

// summary says how the run ended, which may have been in an earlier session.
func (t *pretraining) summary() *Summary {
	s := &Summary{
		Run: t.Run, Checkpoint: t.Checkpoint(), Steps: t.At.Step, Epochs: t.At.Epoch, Loss: t.At.Loss, Terms: t.LastRow.Group(rundir.Terms),
		ImagesPerSecond: t.LastRow.Values[rundir.ImagesPerSecond], KNNAccuracy: t.accuracy, Engine: t.Choice.Name(), Precision: t.Choice.Inner.String(),
	}
	if t.boxes != nil && t.refreshed >= 0 {
		area := t.boxes.MeanArea()
		s.BoxArea = &area
	}
	return s
}

// close gives everything back, whatever had been made.
func (t *pretraining) close() error {
	var err error
	if t.step != nil {
		err = t.step.Close()
	}
	if t.lanes != nil {
		err = errors.Join(err, t.lanes.Close())
	}
	return errors.Join(err, t.Session.Close())
}
