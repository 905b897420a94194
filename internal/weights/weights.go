// Package weights finds the parameters of a model in whatever a user points at: a run, one of its
// checkpoints, or a safetensors file with the published names of MAE and timm encoders (spec 8).
//
// Reading order: weights.go (opening), modelfolder.go (folders of others), pickle.go (what is
// refused), settings.go (what a file says of itself), part.go (parts of it), load.go and
// momentum.go (into a model), channels.go (of another number of channels), positions.go (for images
// of another size), doubt.go (what is useless), mismatch.go (why it does not fit), encodershape.go
// and resnetshape.go (what would), digest.go (whether it is the same encoder).
package weights

import (
	"fmt"
	"maps"
	"os"
	"slices"

	"cmae/internal/dataset/eightbit"
	"cmae/internal/fault"
	"cmae/internal/rundir/checkpoint"
	"cmae/internal/weights/safetensors"
)

// File is a set of named tensors, and the settings of the run that made them where there is one.
type File struct {
	Path string
	// the run's config.yaml, or the few settings that a safetensors file of ours carries; nil where
	// there are none
	Config  []byte
	Classes []string // what the outputs of its classifier are called; nil where nothing says so
	Side    int      // of the images that it was trained on, in pixels; 0 where nothing says so
	Heads   int      // that a config.json beside it says; 0 where nothing does
	// black and white of the images that it was trained on, where a safetensors file says them
	Levels  *eightbit.Levels
	tensors map[string]safetensors.Tensor
	stored  map[string]safetensors.Tensor // those that Put has replaced, as they were
}

// largestSide is as much as data.image_size may be.
const largestSide = 8192

// Open reads the weights at path: of a run, a checkpoint, a safetensors file, or a folder with one
// and a config.json. Damage is fault.Corrupt or safetensors.ErrFormat, a path where nothing is
// fault.Missing, anything else that is no weights fault.Mismatch.
func Open(path string) (*File, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, fmt.Errorf(
			"weights: %w: %w; give a run, a checkpoint or a safetensors file", fault.Missing,
			err,
		)
	case info.Mode().IsRegular():
		return openSafetensors(path)
	case !info.IsDir():
		return nil, fmt.Errorf(
			"weights: %q is neither a folder nor a regular file: %w", path, fault.Mismatch,
		)
	}
	dir, found := checkpoint.Within(path)
	if !found {
		if f, is, err := openModelFolder(path); is {
			return f, err
		}
		return nil, fmt.Errorf(
			"weights: %q holds no checkpoint; give a run, a checkpoint or a safetensors file: %w",
			path, fault.Mismatch,
		)
	}
	c, err := checkpoint.Load(dir, checkpoint.ModelGroup)
	if err != nil {
		return nil, err
	}
	if c.Side < 0 || c.Side > largestSide {
		return nil, fmt.Errorf(
			"weights: %q: images of %d pixels a side: %w", dir, c.Side, fault.Mismatch,
		)
	}
	f := &File{
		Path: c.Path, Config: c.Config, Classes: c.Classes, Side: c.Side,
		tensors: map[string]safetensors.Tensor{},
	}
	for _, t := range c.Tensors[checkpoint.ModelGroup] {
		f.tensors[t.Name] = t
	}
	return f, nil
}

func openSafetensors(path string) (*File, error) {
	s, err := safetensors.Open(path)
	if err != nil {
		return nil, explainPickle(path, err)
	}
	defer s.Close()
	f := &File{Path: path, tensors: map[string]safetensors.Tensor{}}
	if f.Config, f.Levels, err = settingsOf(s.Metadata()); err == nil {
		f.Classes, err = classesOf(s.Metadata())
	}
	if err != nil {
		return nil, fmt.Errorf("weights: %q: %w", path, err)
	}
	for _, name := range s.Names() {
		t, err := s.Tensor(name)
		if err != nil {
			return nil, err
		}
		f.tensors[name] = t
	}
	return f, nil
}

// Names lists the tensors, sorted.
func (f *File) Names() []string { return slices.Sorted(maps.Keys(f.tensors)) }

// Tensor finds a tensor by its name.
func (f *File) Tensor(name string) (safetensors.Tensor, bool) {
	t, ok := f.tensors[name]
	return t, ok
}

// Put adds a tensor, or replaces the one of its name.
func (f *File) Put(t safetensors.Tensor) {
	if before, replaced := f.tensors[t.Name]; replaced {
		if f.stored == nil {
			f.stored = map[string]safetensors.Tensor{}
		}
		if _, again := f.stored[t.Name]; !again {
			f.stored[t.Name] = before
		}
	}
	f.tensors[t.Name] = t
}

// Rename is f with the names that to gives, without the tensors that it declines.
func (f *File) Rename(to func(name string) (string, bool)) *File {
	part := &File{
		Path: f.Path, Config: f.Config, Classes: f.Classes, Side: f.Side, Heads: f.Heads,
		Levels: f.Levels, tensors: map[string]safetensors.Tensor{},
	}
	for _, t := range f.tensors {
		if name, ok := to(t.Name); ok {
			t.Name = name
			part.tensors[name] = t
		}
	}
	return part
}
