// Package encoder opens an encoder for whoever reads one: evaluations, embeddings, predictions,
// exports, pictures. Open reads its weights and settings; images, an engine and compiled graphs
// come when they are first asked for.
//
// Reading order: encoder.go (weights and settings), channels.go (those of weights without
// settings), conversion.go (how files became pixels), data.go (the images that it sees),
// compute.go (engine, parameters, graphs), read.go (what it makes of images).
package encoder

import (
	"errors"
	"fmt"
	"path/filepath"

	"cmae/internal/comm"
	"cmae/internal/config"
	"cmae/internal/dataset"
	"cmae/internal/evaluate/features"
	"cmae/internal/fault"
	"cmae/internal/graph/nn"
	"cmae/internal/kernel/backend"
	"cmae/internal/method"
	"cmae/internal/recipe"
	"cmae/internal/report"
	"cmae/internal/rundir"
	"cmae/internal/rundir/checkpoint"
	"cmae/internal/weights"
)

// Options name an encoder.
type Options struct {
	From string // a run, a checkpoint or a safetensors file; empty means random weights
	// the settings; nil takes those that the weights come with, else the defaults, changed by
	// Changes
	Config  *recipe.Pretrain
	Changes config.Source
	Images  []string // files and folders that will be encoded in place of the settings' data
	Pixels  bool     // raw pixels in place of an encoder
	// patches or their attention will be asked for: a ResNet, which has none, is refused
	Maps    bool
	Patches bool // a feature is every patch token, [N,D] of an image
	Console *report.Console
}

// Encoder is an encoder with its settings, and what is needed to read it as far as somebody asked
// for that. It belongs to one goroutine.
type Encoder struct {
	Name    string          // for people: the path of the weights, or what there is in their place
	From    string          // see Options
	Config  recipe.Pretrain // in effect; what is open no longer follows changes
	File    *weights.File   // nil for random weights and raw pixels
	Side    int             // S, of the images in pixels; 0 until Data or FixSide settles it
	Console *report.Console

	changes   config.Source
	pixels    bool
	patches   bool
	data      *dataset.Data
	processes comm.Processes // that encode a part of the images each, or nil
	choice    *backend.Choice
	replicas  *comm.Replicas
	params    *nn.Params
	frozen    *features.Frozen
	extractor *features.Extractor // frozen's
}

// Open reads weights and settings. Whether the two fit is found when a graph is compiled.
func Open(o Options) (*Encoder, error) {
	e := &Encoder{
		From: o.From, Console: o.Console, changes: o.Changes, pixels: o.Pixels, patches: o.Patches,
	}
	if o.From != "" {
		var err error
		if e.File, err = weights.Open(o.From); err != nil {
			return nil, err
		}
	}
	if err := e.settle(o); err != nil {
		return nil, err
	}
	if e.File != nil && !o.Pixels {
		note, err := e.File.Adapt(e.Config.Data.Channels)
		if err != nil {
			return nil, err
		}
		if note != "" {
			e.Console.Warn("%s", note)
		}
	}
	switch {
	case o.Pixels:
		e.Name = "raw pixels"
	case e.File != nil:
		e.Name = e.File.Path
	default:
		e.Name = fmt.Sprintf("random (seed %d)", e.Config.Seed)
	}
	if m := e.Config.Model; (o.Maps || o.Patches) && m.IsResNet() {
		return nil, &config.Error{Key: "model.size", Problem: fmt.Sprintf(
			"%s has neither patch tokens nor attention; give a transformer", m.Size,
		)}
	}
	return e, nil
}

// OfPatches says that a feature is every patch token, Options.Patches.
func (e *Encoder) OfPatches() bool { return e.patches }

// Share has the processes, which all opened the same encoder, encode a part of the images each.
// Only the first one talks. p may be nil.
func (e *Encoder) Share(p comm.Processes) {
	if !comm.Several(p) {
		return
	}
	e.processes = p
	if !comm.First(p) {
		e.Console = nil
	}
	if e.Config.Threads == 0 {
		_, e.Config.Threads = p.OnHost()
	}
}

// settle finds the settings.
func (e *Encoder) settle(o Options) error {
	if o.Config != nil {
		e.Config = *o.Config
		return nil
	}
	base := method.Default()
	if e.File != nil {
		var err error
		if base, err = recipe.OfWeights(e.File.Path, e.File.Config); err != nil {
			return err
		}
		base.Data.Levels = e.File.Levels
		if e.File.Config == nil {
			if shape, err := e.File.EncoderShape(); err == nil {
				base.Model.PatchSize = shape.PatchSize
			}
		}
	}
	var err error
	if e.Config, err = recipe.LoadReader(base, o.Changes); err != nil {
		return err
	}
	if e.File != nil && e.File.Config == nil && !o.Pixels {
		e.settleChannels(base, o)
	}
	if o.Changes.Sets("data.range") {
		e.Config.Data.Levels = nil
	}
	if e.File != nil && e.Run() == "" && checkpoint.RunOf(e.File.Path) == "" {
		e.sayKept(base.Data.Conversion(), e.File.Path)
	}
	return config.Invalid(e.Config.CheckNormal(e.Config.Augment.Mean, e.Config.Augment.Std))
}

// Run is the folder of the run whose newest checkpoint this is, empty for anything else: an older
// checkpoint, a file, random weights.
func (e *Encoder) Run() string {
	if e.File == nil {
		return ""
	}
	run, path := e.From, e.File.Path
	if checkpoint.RunOf(path) == filepath.Clean(run) ||
		path == filepath.Join(run, checkpoint.Last) {
		return run
	}
	return ""
}

// Title is the run and, where the weights are from one of its checkpoints, the step.
func (e *Encoder) Title() string {
	if e.File == nil {
		return "random weights"
	}
	if real, err := filepath.EvalSymlinks(e.File.Path); err == nil {
		if run := checkpoint.RunOf(real); run != "" {
			return rundir.Name(run) + ", " + filepath.Base(real)
		}
	}
	return rundir.Name(e.From)
}

// TrainedWith are the settings of the pretraining that the weights are of, nil where the file has
// none. Those of another kind of run are fault.Mismatch.
func (e *Encoder) TrainedWith() (*recipe.Pretrain, error) {
	if e.File == nil || e.File.Config == nil {
		return nil, nil
	}
	path := filepath.Join(e.File.Path, checkpoint.SettingsFile)
	c, err := method.All().Decode(path, e.File.Config)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", fault.Mismatch, err)
	}
	return &c, nil
}

// Close gives memory and threads back.
func (e *Encoder) Close() error {
	var errs []error
	if e.extractor != nil {
		errs = append(errs, e.extractor.Close())
	}
	if e.replicas != nil {
		errs = append(errs, e.replicas.Close())
	}
	if e.choice != nil {
		errs = append(errs, e.choice.Close())
	}
	return errors.Join(errs...)
}
