// Package judge brings an encoder and the images it is judged on together: from a run of any kind,
// a checkpoint, a bare weights file, or with random weights. The measuring itself is package
// evaluate's.
//
// Reading order: judge.go, probe.go (the linear probe as a file), plain.go (images without labels).
package judge

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"cmae/internal/config"
	"cmae/internal/dataset"
	"cmae/internal/dataset/loader"
	"cmae/internal/evaluate"
	"cmae/internal/evaluate/features"
	"cmae/internal/evaluate/knn"
	"cmae/internal/evaluate/probe"
	"cmae/internal/graph/nn"
	"cmae/internal/kernel"
	"cmae/internal/kernel/backend"
	"cmae/internal/recipe"
	"cmae/internal/report"
	"cmae/internal/rundir"
	"cmae/internal/rundir/checkpoint"
	"cmae/internal/weights"
)

// Options name the encoder. From is a run, a checkpoint or a safetensors file; empty means random
// weights.
type Options struct {
	Config recipe.Pretrain
	From   string
	Pixels bool // judge raw pixels instead of an encoder
	// images at a time, 0 for the usual number; a batch costs the same however few of its images
	// there are
	Batch   int
	Console *report.Console
}

// Subject is an encoder and its data, ready to be measured.
type Subject struct {
	Data    *dataset.Data // nil from OpenEncoder
	Encoder features.Frozen
	Engine  kernel.Engine
	Digest  string // of the encoder's weights; empty without a file
	options Options
	close   func() error
}

// Open loads the data and the encoder. The encoder's shape is that of the configuration; weights
// that do not fit it are refused.
func Open(ctx context.Context, o Options) (*Subject, error) {
	c := o.Config
	data, err := dataset.OpenWithConsole(ctx, c.Data, c.Seed, o.Console)
	if err != nil {
		return nil, err
	}
	side, err := data.Side()
	if err != nil {
		return nil, err
	}
	if o.Batch == 0 {
		images := data.Train.Len()
		if data.Test != nil {
			images = max(images, data.Test.Len())
		}
		o.Batch = min(features.Batch, images)
	}
	return open(o, data, side)
}

// OpenEncoder is Open without data, for images of side pixels, which a transformer's patches must
// divide.
func OpenEncoder(o Options, side int) (*Subject, error) { return open(o, nil, side) }

func open(o Options, data *dataset.Data, side int) (*Subject, error) {
	c := o.Config
	choice, err := backend.Open(c.Engine, c.Precision, c.Threads)
	if err != nil {
		return nil, err
	}
	s := &Subject{Data: data, Engine: choice.Engine, options: o, close: choice.Close}
	if o.Pixels {
		s.Encoder = features.Pixels(side)
		return s, nil
	}
	if err := s.openEncoder(choice, side); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

// openEncoder compiles the encoder and fills it.
func (s *Subject) openEncoder(choice *backend.Choice, side int) error {
	c, from := s.options.Config, s.options.From
	shape := features.Config{
		Encoder: c.Model.Resolved(), Side: side, Batch: s.options.Batch, Inner: choice.Inner,
	}
	if shape.Batch == 0 {
		shape.Batch = features.Batch
	}
	var file *weights.File
	if from != "" {
		var err error
		if file, err = weights.Open(from); err != nil {
			return err
		}
		shape.Pooled = file.Pooled() && !c.Model.IsResNet()
	}
	if err := fits(c, shape, file); err != nil {
		return err
	}
	r, err := choice.FrozenReplicas(shape.Batch)
	if err != nil {
		return err
	}
	s.close = func() error { return errors.Join(r.Close(), choice.Close()) }
	params := nn.NewParams(choice.Engine, kernel.F32, c.Seed)
	x, err := features.NewIn(r, params, shape)
	if err != nil {
		return err
	}
	s.close = func() error { return errors.Join(x.Close(), r.Close(), choice.Close()) }
	name := fmt.Sprintf("random (seed %d)", c.Seed)
	if file != nil {
		if _, err := file.Load(params); err != nil {
			return err
		}
		name, s.Digest = file.Path, file.Digest()
	}
	s.Encoder, err = features.Freeze(name, x, shape, c.Probe.Feature)
	return err
}

// fits refuses settings that the encoder cannot have, or that are not those of its file: before
// memory is taken for what they claim.
func fits(c recipe.Pretrain, shape features.Config, file *weights.File) error {
	if err := c.Model.ValidateSide(shape.Side); err != nil {
		return config.Invalid(err)
	}
	switch {
	case c.Probe.Feature == recipe.Cls && c.Model.IsResNet():
		return &config.Error{
			Key: "probe.feature",
			Problem: fmt.Sprintf(
				"%s has no class token: take mean, the average of its last feature map",
				c.Model.Size,
			),
		}
	case c.Probe.Feature == recipe.Cls && shape.Pooled:
		return &config.Error{
			Key:     "probe.feature",
			Problem: "a finetuned encoder was trained by the mean of its tokens, not by cls: take mean",
		}
	case file == nil:
		return nil
	}
	params, err := features.Shapes(shape)
	if err != nil {
		return err
	}
	return file.Fits(params)
}

// LinearProbe is the linear probe of spec 5. Data that cannot judge is fault.Data, for KNN
// too.
func (s *Subject) LinearProbe(ctx context.Context) (evaluate.Result, error) {
	if err := s.Data.CheckJudging(); err != nil {
		return evaluate.Result{}, err
	}
	c := s.options.Config
	var task *report.Task
	defer func() { task.End() }()
	p := probe.Trainer{
		Config: c.Probe, Engine: s.Engine, Seed: c.Seed, Classes: s.Data.Train.Classes(),
		Progress: func(e evaluate.Epoch) {
			what := "linear probe"
			if e.Trial {
				what += ", trying a rate"
			}
			if e.Epoch == 1 {
				task.End()
				task = s.options.Console.Begin(what, 0, c.Probe.Epochs)
			}
			task.Advance(e.Epoch, fmt.Sprintf("accuracy %.4f", e.Accuracy))
		},
	}
	return p.Run(
		ctx, s.Encoder, loader.From(s.Data.Train), loader.From(s.Data.Test), s.dataOptions(),
	)
}

// Features encodes every image of a split, whole and in order.
func (s *Subject) Features(ctx context.Context, split *dataset.Set) (features.Set, error) {
	o := s.dataOptions()
	task := s.options.Console.Begin("encode", 0, split.Len())
	defer task.End()
	o.Progress = func(done, _ int) { task.Advance(done, "images") }
	return s.Encoder.EncodeAll(ctx, loader.From(split), o)
}

// KNN is the nearest-neighbour vote of spec 5.
func (s *Subject) KNN(ctx context.Context) (evaluate.Result, error) {
	if err := s.Data.CheckJudging(); err != nil {
		return evaluate.Result{}, err
	}
	c := s.options.Config
	var sets [2]features.Set
	for i, split := range []*dataset.Set{s.Data.Train, s.Data.Test} {
		set, err := s.Features(ctx, split)
		if err != nil {
			return evaluate.Result{}, err
		}
		sets[i] = set
	}
	return knn.Vote(
		ctx, s.Engine, sets[0], sets[1], c.Probe.KNNK, c.Probe.KNNTau, s.Data.Train.Classes(),
	)
}

func (s *Subject) dataOptions() features.Loading {
	return features.Loading{Augment: s.options.Config.Augment, Loader: s.options.Config.Loader}
}

// Close gives memory and threads back.
func (s *Subject) Close() error { return s.close() }

// ProbePath is where the probe of a run belongs, empty for anything but a run: one of its
// checkpoints, a file, random weights. path is that of its weights.
func ProbePath(run, path string) string {
	ofRun := checkpoint.RunOf(path) == filepath.Clean(run) ||
		path == filepath.Join(run, checkpoint.Last)
	if run == "" || !ofRun {
		return ""
	}
	return filepath.Join(run, rundir.ProbeFile)
}

// Probe is the outcome of LinearProbe as something to keep.
func (s *Subject) Probe(r evaluate.Result) *probe.Probe {
	c := s.options.Config
	return &probe.Probe{Head: *r.Head, About: probe.About{
		Classes: r.Head.Classes, Encoder: s.Encoder.Name, Digest: s.Digest,
		Feature: s.Encoder.Feature, Side: s.Encoder.Side,
		Mean: c.Augment.Mean, Std: c.Augment.Std,
		Protocol: r.Probe.Protocol, Accuracy: r.Accuracy,
	}}
}

// KeepProbe saves the outcome of LinearProbe to a file, or, without one, beside the run where there
// is a run; it returns the path, empty if none was written. A run's folder that cannot be written
// to is a warning.
func (s *Subject) KeepProbe(r evaluate.Result, path string) (string, error) {
	if path != "" {
		return path, s.Probe(r).Save(path)
	}
	if path = ProbePath(s.options.From, s.Encoder.Name); path == "" {
		return "", nil
	}
	if err := s.Probe(r).Save(path); err != nil {
		s.options.Console.Warn("the probe is not kept: %v", err)
		return "", nil
	}
	return path, nil
}
