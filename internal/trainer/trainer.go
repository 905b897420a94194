// Package trainer runs pretraining: it builds a step (step.go, inputs.go), drives it over epochs (trainer.go, loop.go, epoch.go), keeps the
// boxes of ContrastiveCrop (crop.go) and says what a checkpoint of it holds (state.go) and a row of its metrics (metrics.go). What every run
// leaves behind and comes back to is package runs'. All settings are in config.go.
package trainer

import (
	"context"
	"errors"
	"fmt"
	"math"

	"cmae/internal/checkpoint"
	"cmae/internal/config"
	"cmae/internal/contrastivecrop"
	"cmae/internal/dataset"
	"cmae/internal/engine"
	"cmae/internal/kernel"
	"cmae/internal/loader"
	"cmae/internal/model"
	"cmae/internal/nn"
	"cmae/internal/optim"
	"cmae/internal/report"
	"cmae/internal/runs"
	"cmae/internal/weights"
)

// Options say how to run a configuration.
type Options struct {
	Config    Config
	Run       string // folder of the run
	Resume    Resume
	Overwrite bool
	InitFrom  string // weights to start from: a safetensors file, a checkpoint or a run
	Console   *report.Console
	Tool      string // name and version, for manifests
}

// Summary is the result of a run.
type Summary struct {
	Run             string             `json:"run"`
	Checkpoint      string             `json:"checkpoint"`
	Steps           int                `json:"steps"`
	Epochs          int                `json:"epochs"`
	Loss            float64            `json:"loss"`                        // mean of the last epoch
	Terms           map[string]float64 `json:"terms,omitempty"`             // of the last step of this session
	ImagesPerSecond float64            `json:"images_per_second,omitempty"` // likewise
	KNNAccuracy     *float64           `json:"knn_accuracy,omitempty"`
	Engine          string             `json:"engine"`
	Precision       string             `json:"precision"`
}

// trainer is a run in progress.
type trainer struct {
	options Options
	config  Config
	console *report.Console
	folder  runs.Folder
	choice  *engine.Choice
	data    *dataset.Data
	side    int
	params  *nn.Params
	step    *Step
	sums    []kernel.Tensor // gradients summed over the parts of a batch, nil when it has one
	adamw   *optim.AdamW
	loader  *loader.Loader
	boxes   *contrastivecrop.Boxes // nil without ContrastiveCrop
	store   *checkpoint.Store
	logs    *runs.Logs
	at      position
	summary Summary
}

// Pretrain trains until the last epoch, or until ctx ends; then it saves a checkpoint and returns an *Interrupted.
func Pretrain(ctx context.Context, o Options) (_ *Summary, err error) {
	t := &trainer{options: o, config: o.Config, console: o.Console, folder: runs.Folder(o.Run), store: checkpoint.NewStore(o.Run)}
	saved, err := t.findCheckpoint()
	if err != nil {
		return nil, err
	}
	if err := t.open(ctx); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, t.close()) }()
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
	return &t.summary, nil
}

// findCheckpoint loads what a resume goes on from, nil for a new run.
func (t *trainer) findCheckpoint() (*checkpoint.Checkpoint, error) {
	c, path, err := t.folder.Find(t.options.Resume, t.console)
	if c == nil || err != nil {
		return nil, err
	}
	old, err := LoadConfig(path+"/config.yaml", c.Config)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", checkpoint.ErrMismatch, err)
	}
	return c, runs.SameSettings(old, t.config, mayChange...)
}

// open brings up everything that does not depend on whether the run is new: engine, data, step, optimizer, loader.
func (t *trainer) open(ctx context.Context) (err error) {
	if t.data, err = OpenData(ctx, t.config, t.console); err != nil {
		return err
	}
	if t.side, err = t.data.Side(); err == nil {
		err = t.config.ValidateData(t.side, t.data.Train.Len())
	}
	if err != nil {
		return config.Invalid(err)
	}
	if t.choice, err = engine.Open(t.config.Engine, t.config.Precision, t.config.Threads); err != nil {
		return err
	}
	arch, c := t.config.Architecture(t.side), t.config
	t.params = nn.NewParams(t.choice.Engine, kernel.F32, c.Seed)
	t.params.KeepCopies(t.choice.Inner)
	if t.step, err = NewStep(t.params, arch, c.Train.BatchSize/c.Train.Accumulate, t.choice.Inner, false); err != nil {
		return err
	}
	model.UpdateMomentum(t.params, 0)
	if c.Train.Accumulate > 1 {
		for _, g := range t.step.Grads {
			t.sums = append(t.sums, t.choice.Engine.New(g.Type, g.Shape...))
		}
	}
	t.adamw = optim.NewAdamW(c.Optim, t.choice.Engine, t.step.Params)
	t.adamw.Lead(model.Followers(t.params))
	mode := loader.OneView
	if c.Contrast.Weight > 0 {
		mode = loader.TwoViews
	}
	t.loader, err = loader.New(Images(t.data.Train), loader.Options{
		Mode: mode, Seed: c.Seed, Batch: c.Train.BatchSize, Side: t.side, Patches: arch.Patches(),
		DropPosition: dropPosition(c), CropAlpha: c.Crop.Alpha, Augment: c.Augment, Config: c.Loader,
	})
	if c.Crop.Enabled {
		t.boxes = contrastivecrop.NewBoxes(t.data.Train.Len(), t.side, c.Crop.Source)
	}
	return err
}

func dropPosition(c Config) float64 {
	if c.Location.Weight == 0 {
		return 0
	}
	return c.Location.DropPosition
}

// start begins a new run: its folder, the initial weights, the queue.
func (t *trainer) start() error {
	t.at = position{refreshed: -1, best: math.Inf(1)}
	if t.options.InitFrom != "" {
		file, err := weights.Open(t.options.InitFrom)
		if err != nil {
			return err
		}
		loaded, err := file.Load(t.params)
		if err != nil {
			return err
		}
		t.params.Refresh()
		model.UpdateMomentum(t.params, 0)
		t.console.Log("weights: %s", loaded)
	}
	if q := t.step.Inputs.Queue; !q.Absent() {
		nn.WriteTensor(t.choice.Engine, q, initialQueue(t.config.Seed, q.Shape[0], q.Shape[1]))
	}
	if err := t.folder.Create(t.config, t.options.Overwrite); err != nil {
		return err
	}
	return t.openLogs(0)
}

func (t *trainer) resume(c *checkpoint.Checkpoint) error {
	if err := t.restore(c); err != nil {
		return err
	}
	t.console.Log("resumed at step %d, epoch %d", t.at.step, t.at.epoch+1)
	return t.openLogs(t.at.rows)
}

func (t *trainer) openLogs(rows int) (err error) {
	t.logs, err = t.folder.Open(rows, t.console)
	return err
}

// announce prints what was derived from the settings, so that nobody has to work it out.
func (t *trainer) announce() {
	c, arch, e := t.config, t.config.Architecture(t.side), t.config.Model.Resolved()
	shared, _ := t.step.Machine.Memory()
	t.console.Log("engine %s, %s (%s)", t.choice.Name(), t.choice.Inner, t.choice.Reason)
	for _, w := range append(arch.Warnings(), t.choice.Warnings...) {
		t.console.Warn("%s", w)
	}
	t.console.Log("data: %d training images, %d test images, %d classes, %d px", t.data.Train.Len(), t.data.Test.Len(), len(t.data.Train.Classes()), t.side)
	t.console.Log("encoder %d wide, %d deep, %d heads; %d patches of %d px, %d visible; %d trained parameters; %.1f MB of activations",
		e.Dim, e.Depth, e.Heads, arch.Patches(), e.PatchSize, arch.Visible(), t.params.Count(""), float64(shared)/1e6)
	t.console.Log("%d epochs of %d steps, batch %d, peak learning rate %.3g", c.Train.Epochs, t.loader.Steps(), c.Train.BatchSize, c.Optim.Rate(c.Train.BatchSize))
}

// close gives everything back, whatever had been opened.
func (t *trainer) close() error {
	errs := []error{t.logs.Close()}
	if t.step != nil {
		errs = append(errs, t.step.Close())
	}
	if t.choice != nil {
		errs = append(errs, t.choice.Close())
	}
	return errors.Join(errs...)
}
