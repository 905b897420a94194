package finetune

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"cmae/internal/checkpoint"
	"cmae/internal/config"
	"cmae/internal/dataset"
	"cmae/internal/engine"
	"cmae/internal/evaluate"
	"cmae/internal/features"
	"cmae/internal/kernel"
	"cmae/internal/loader"
	"cmae/internal/nn"
	"cmae/internal/optim"
	"cmae/internal/picture"
	"cmae/internal/report"
	"cmae/internal/runs"
	"cmae/internal/weights"
)

// Options say how to run a configuration.
type Options struct {
	Config    Config
	Run       string // folder of the run
	From      string // weights to start from: a run, a checkpoint or a safetensors file; empty = random ones
	ResetHead bool   // leave a classifier of From's behind
	Resume    runs.Resume
	Overwrite bool
	Console   *report.Console
	Tool      string // name and version, for manifests
}

// tuner is a run in progress.
type tuner struct {
	options Options
	config  Config
	console *report.Console
	folder  runs.Folder
	choice  *engine.Choice
	data    *dataset.Data
	params  *nn.Params
	step    *step
	judge   *judge
	adamw   *optim.AdamW
	loader  *loader.Loader // training images
	whole   *loader.Loader // test images
	store   *checkpoint.Store
	logs    *runs.Logs
	at      position
	targets []float32         // [B,C] of the step
	verdict *evaluate.Verdict // on the classifier as it stands, or nil
	speed   float64           // images per second of the last step
}

// Run trains until the last epoch, or until ctx ends; then it saves a checkpoint and returns a *runs.Interrupted.
func Run(ctx context.Context, o Options) (_ *Summary, err error) {
	t := &tuner{options: o, config: o.Config, console: o.Console, folder: runs.Folder(o.Run), store: checkpoint.NewStore(o.Run)}
	saved, err := t.findCheckpoint()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, t.close()) }()
	if err := t.open(ctx); err != nil {
		return nil, err
	}
	if saved == nil {
		err = t.start()
	} else {
		err = t.resume(saved)
	}
	if err != nil {
		return nil, err
	}
	t.announce()
	if err := t.loop(ctx); err != nil {
		return nil, err
	}
	return t.summary()
}

// findCheckpoint loads what a resume goes on from, nil for a new run.
func (t *tuner) findCheckpoint() (*checkpoint.Checkpoint, error) {
	c, path, err := t.folder.Find(t.options.Resume, t.console)
	if c == nil || err != nil {
		return nil, err
	}
	old, err := LoadConfig(filepath.Join(path, "config.yaml"), c.Config)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", checkpoint.ErrMismatch, err)
	}
	return c, runs.SameSettings(old, t.config, mayChange...)
}

// open brings up everything that does not depend on whether the run is new.
func (t *tuner) open(ctx context.Context) (err error) {
	c := t.config
	if t.data, err = runs.OpenData(ctx, c.Data, c.Seed, t.console); err != nil {
		return err
	}
	classes := len(t.data.Train.Classes())
	side, err := t.data.Side()
	if err == nil {
		err = c.ValidateData(side, t.data.Train.Len(), classes)
	}
	if err != nil {
		return config.Invalid(err)
	}
	if t.choice, err = engine.Open(c.Engine, c.Precision, c.Threads); err != nil {
		return err
	}
	t.params = nn.NewParams(t.choice.Engine, kernel.F32, c.Seed)
	t.params.KeepCopies(t.choice.Inner)
	s := shape{encoder: c.Model.Resolved(), side: side, classes: classes, batch: c.Train.BatchSize, inner: t.choice.Inner}
	if t.step, err = newStep(t.params, s, c.Train.DropPath); err != nil {
		return err
	}
	t.targets = make([]float32, s.batch*classes)
	t.adamw = optim.NewAdamW(c.Optim, t.choice.Engine, t.step.params)
	t.adamw.Regroup(optim.LayerDecay(c.Train.LayerDecay, s.encoder.Depth))
	s.batch = min(features.Batch, t.data.Test.Len())
	if t.judge, err = newJudge(t.params, s); err != nil {
		return err
	}
	return t.openLoaders(side)
}

func (t *tuner) openLoaders(side int) (err error) {
	c := t.config
	o := loader.Options{
		Mode: loader.Labelled, Seed: c.Seed, Batch: c.Train.BatchSize, Side: side,
		Augment: c.Augment.Views(), Supervised: &c.Augment, Config: c.Loader,
	}
	if t.loader, err = loader.New(runs.Images(t.data.Train), o); err != nil {
		return err
	}
	o.Mode, o.Batch = loader.Whole, t.judge.batch
	t.whole, err = loader.New(runs.Images(t.data.Test), o)
	return err
}

// start begins a new run: its weights, its folder.
func (t *tuner) start() error {
	t.at = position{best: -1}
	if t.options.From != "" {
		if err := t.load(); err != nil {
			return err
		}
	}
	if err := t.folder.Create(t.config, t.options.Overwrite); err != nil {
		return err
	}
	var err error
	t.logs, err = t.folder.Open(0, t.console)
	return err
}

// load takes the encoder of a file, and its head where it has one. Its final LayerNorm has no place here: fc_norm is a new one, as pooling
// comes before it.
func (t *tuner) load() error {
	file, err := weights.Open(t.options.From)
	if err != nil {
		return err
	}
	if t.options.ResetHead {
		file.Forget("head.", "fc_norm.")
	}
	if head := file.Shape("head.weight"); len(head) > 0 && head[0] != t.step.classes {
		return fmt.Errorf("%w: %q has a head for %d classes and the data has %d: give --reset-head to train a new one",
			checkpoint.ErrMismatch, file.Path, head[0], t.step.classes)
	}
	file.Forget("norm.")
	loaded, err := file.Load(t.params)
	if err != nil {
		return err
	}
	t.params.Refresh()
	t.console.Log("weights: %s", loaded)
	return nil
}

func (t *tuner) resume(c *checkpoint.Checkpoint) (err error) {
	if err := t.restore(c); err != nil {
		return err
	}
	t.console.Log("resumed at step %d, epoch %d", t.at.step, t.at.epoch+1)
	t.logs, err = t.folder.Open(t.at.rows, t.console)
	return err
}

// announce prints what was derived from the settings, so that nobody has to work it out.
func (t *tuner) announce() {
	c, e := t.config, t.step.encoder
	shared, _ := t.step.machine.Memory()
	t.console.Log("engine %s, %s (%s)", t.choice.Name(), t.choice.Inner, t.choice.Reason)
	for _, w := range t.choice.Warnings {
		t.console.Warn("%s", w)
	}
	t.console.Log("data: %d training images, %d test images, %d classes, %d px", t.data.Train.Len(), t.data.Test.Len(), t.step.classes, t.step.side)
	t.console.Log("encoder %d wide, %d deep, %d heads; %d patches of %d px; %d trained parameters; %.1f MB of activations",
		e.Dim, e.Depth, e.Heads, t.step.patches(), e.PatchSize, t.params.Count(""), float64(shared)/1e6)
	groups := optim.LayerDecay(c.Train.LayerDecay, e.Depth)
	peak := c.Optim.Rate(c.Train.BatchSize)
	t.console.Log("%d epochs of %d steps, batch %d, peak learning rate %.3g at the head and %.3g at the patch embedding",
		c.Train.Epochs, t.loader.Steps(), c.Train.BatchSize, peak, peak*groups(t.step.params[0]).Scale)
}

// summary draws the confusion matrix and says how the run ended.
func (t *tuner) summary() (*Summary, error) {
	s := &Summary{
		Method: "finetune", Run: t.options.Run, Checkpoint: t.store.Path(t.at.step), Steps: t.at.step, Epochs: t.at.epoch, Loss: t.at.loss,
		Classes: t.step.classes, Train: t.data.Train.Len(), Test: t.data.Test.Len(), Score: t.verdict.Score(),
		Best:            Best{t.at.best, t.at.bestEpoch, t.folder.File("best")},
		Confusion:       filepath.Join(picture.Folder(t.options.Run), "confusion.png"),
		ImagesPerSecond: t.speed, Engine: t.choice.Name(), Precision: t.choice.Inner.String(),
	}
	title := fmt.Sprintf("%s: accuracy %.4f", filepath.Base(t.options.Run), s.Accuracy)
	return s, picture.Confusion(s.Confusion, title, t.data.Test.Classes(), t.verdict.Confusion())
}

// close gives everything back, whatever had been opened.
func (t *tuner) close() error {
	errs := []error{t.logs.Close()}
	if t.judge != nil {
		errs = append(errs, t.judge.close())
	}
	if t.step != nil {
		errs = append(errs, t.step.close())
	}
	if t.choice != nil {
		errs = append(errs, t.choice.Close())
	}
	return errors.Join(errs...)
}
