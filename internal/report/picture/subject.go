package picture

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"cmae/internal/comm"
	"cmae/internal/config"
	"cmae/internal/dataset"
	"cmae/internal/evaluate/features"
	"cmae/internal/fault"
	"cmae/internal/graph/nn"
	"cmae/internal/kernel"
	"cmae/internal/kernel/backend"
	"cmae/internal/recipe"
	"cmae/internal/report"
	"cmae/internal/rng"
	"cmae/internal/rundir"
	"cmae/internal/rundir/checkpoint"
	"cmae/internal/weights"
)

// Options name what is shown. From is a run, a checkpoint or a safetensors file; empty means random
// weights. Config holds the settings of that run, perhaps changed.
type Options struct {
	Config  recipe.Pretrain
	From    string
	Console *report.Console
}

// Subject is a model and its images.
type Subject struct {
	Name     string // for titles
	Data     *dataset.Data
	Side     int // S
	config   recipe.Pretrain
	console  *report.Console
	choice   *backend.Choice
	replicas *comm.Replicas
	params   *nn.Params
	file     *weights.File // nil for random weights
}

// Open reads weights and images. Whether the weights fit is found when a picture builds the part of
// the model that it needs.
func Open(ctx context.Context, o Options) (*Subject, error) {
	if o.Config.Model.IsResNet() {
		return nil, &config.Error{
			Key: "model.size",
			Problem: fmt.Sprintf(
				"%s has neither attention nor a decoder to show; give a transformer",
				o.Config.Model.Size,
			),
		}
	}
	s := &Subject{Name: "random weights", config: o.Config, console: o.Console}
	var err error
	if o.From != "" {
		if s.file, err = weights.Open(o.From); err != nil {
			return nil, err
		}
		s.Name = nameOf(o.From, s.file.Path)
	}
	if s.Data, err = dataset.OpenWithConsole(ctx, o.Config.Data, o.Config.Seed, o.Console); err != nil {
		return nil, err
	}
	if s.Side, err = s.Data.Side(); err != nil {
		return nil, err
	}
	if err := o.Config.Model.ValidateSide(s.Side); err != nil {
		return nil, config.Invalid(err)
	}
	if s.choice, err = backend.Open(
		o.Config.Engine, o.Config.Precision, o.Config.Threads,
	); err != nil {
		return nil, err
	}
	if s.replicas, err = s.choice.FrozenReplicas(features.Batch); err != nil {
		return nil, errors.Join(err, s.choice.Close())
	}
	s.params = nn.NewParams(s.choice.Engine, kernel.F32, o.Config.Seed)
	return s, nil
}

// nameOf is the run and, where path is one of its checkpoints, the step.
func nameOf(from, path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		if run := checkpoint.RunOf(real); run != "" {
			return rundir.Name(run) + ", " + filepath.Base(real)
		}
	}
	return rundir.Name(from)
}

// Close gives memory and threads back.
func (s *Subject) Close() error { return errors.Join(s.replicas.Close(), s.choice.Close()) }

func (s *Subject) grid() int { return s.Side / s.config.Model.PatchSize }

// trainedWith are the settings of the run that the weights are of, nil where the file has none.
func (s *Subject) trainedWith() (*recipe.Pretrain, error) {
	if s.file == nil || s.file.Config == nil {
		return nil, nil
	}
	c, err := recipe.LoadPretrain(
		filepath.Join(s.file.Path, checkpoint.SettingsFile), s.file.Config,
	)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", fault.Mismatch, err)
	}
	return &c, nil
}

// load fills the parameters that the graphs built so far have asked for, momentum copies among
// them.
func (s *Subject) load() (weights.Loaded, error) {
	if s.file == nil {
		return weights.Loaded{}, nil
	}
	loaded, err := s.file.Load(s.params)
	if err != nil {
		return loaded, err
	}
	return loaded, s.loadFollowers()
}

// loadFollowers fills the momentum copies from the checkpoint, which must have them.
func (s *Subject) loadFollowers() error {
	places := map[string]kernel.Tensor{}
	for _, p := range s.params.All() {
		if p.Role == nn.Follower {
			places[p.Name] = p.Value
		}
	}
	if len(places) == 0 {
		return nil
	}
	if s.file.Config == nil {
		return fmt.Errorf(
			"picture: %q: %w: it has no momentum encoder; set crop.net=online", s.file.Path,
			fault.Mismatch,
		)
	}
	c, err := checkpoint.Load(s.file.Path, "model")
	if err != nil {
		return err
	}
	for _, t := range c.Tensors["model"] {
		place, ok := places[t.Name]
		if !ok {
			continue
		}
		values, err := weights.Finite(t, t.Name, place.Shape)
		if err != nil {
			return fmt.Errorf("picture: %q: %w: %w", s.file.Path, fault.Mismatch, err)
		}
		nn.WriteTensor(s.params.Engine(), place, values)
		delete(places, t.Name)
	}
	for name := range places {
		return fmt.Errorf(
			"picture: %q: %w: it lacks %s; set crop.net=online", s.file.Path,
			fault.Mismatch, name,
		)
	}
	return nil
}

// unseen is the split that a model was not trained on, what its images are called, and what is to
// be said of them below: they are the training images where the data has no others.
func (s *Subject) unseen() (set *dataset.Set, what string, captions []string) {
	switch {
	case s.Data.Test == nil:
		return s.Data.Train, "training images", []string{
			"These are images that the model was trained on: the data has no others.",
		}
	case s.config.Data.Holdout > 0:
		return s.Data.Test, "held-out images", nil
	}
	return s.Data.Test, "test images", nil
}

// pick chooses count images of a split by seed, in turn from every class, and of those that want
// accepts.
func pick(set *dataset.Set, count int, seed uint64, want func(image int) bool) []int {
	var left, chosen []int
	for _, i := range rng.For(seed, rng.Subset, uint64(set.Len())).Perm(set.Len()) {
		if want(i) {
			left = append(left, i)
		}
	}
	for len(left) > 0 && len(chosen) < count {
		seen := map[int]bool{}
		var later []int
		for _, i := range left {
			if seen[set.Label(i)] || len(chosen) == count {
				later = append(later, i)
				continue
			}
			seen[set.Label(i)] = true
			chosen = append(chosen, i)
		}
		left = later
	}
	return chosen
}

// every accepts all images.
func every(int) bool { return true }
