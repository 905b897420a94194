// Package weights finds the parameters of a model in whatever a user points at: a run, one of its checkpoints, or a safetensors file with
// the published names of MAE and timm encoders (spec 8).
package weights

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"cmae/internal/checkpoint"
	"cmae/internal/nn"
	"cmae/internal/safetensors"
)

// File is a set of named tensors, and the settings of the run that made them where there is one.
type File struct {
	Path    string
	Config  []byte // the run's config.yaml; nil for a bare safetensors file
	tensors map[string]safetensors.Tensor
}

// Open reads the weights at path. Damage is checkpoint.ErrCorrupt or safetensors.ErrFormat.
func Open(path string) (*File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("weights: %w; give a run, a checkpoint or a safetensors file", err)
	}
	if !info.IsDir() {
		return openSafetensors(path)
	}
	dir := path
	if _, err := os.Stat(filepath.Join(dir, "manifest.json")); err != nil {
		dir = filepath.Join(path, "last")
		if _, err := os.Stat(dir); err != nil {
			return nil, fmt.Errorf("weights: %q holds no checkpoint; give a run, a checkpoint or a safetensors file: %w", path, checkpoint.ErrMismatch)
		}
	}
	c, err := checkpoint.Load(dir, "model")
	if err != nil {
		return nil, err
	}
	f := &File{Path: dir, Config: c.Config, tensors: map[string]safetensors.Tensor{}}
	for _, t := range c.Tensors["model"] {
		f.tensors[t.Name] = t
	}
	return f, nil
}

func openSafetensors(path string) (*File, error) {
	s, err := safetensors.Open(path)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	f := &File{Path: path, tensors: map[string]safetensors.Tensor{}}
	for _, name := range s.Names() {
		t, err := s.Tensor(name)
		if err != nil {
			return nil, err
		}
		f.tensors[name] = t
	}
	return f, nil
}

// Loaded says what Load did.
type Loaded struct {
	Path    string
	Count   int      // parameters that got values
	Fresh   []string // parameters that the file lacks, left at their initial values
	Ignored []string // tensors of the file that the model has no place for
}

func (l Loaded) String() string {
	return fmt.Sprintf("%d tensors from %s, %d left at their initial values, %d ignored", l.Count, l.Path, len(l.Fresh), len(l.Ignored))
}

// encoderParts begin the names of an encoder's parameters.
var encoderParts = []string{"cls_token", "patch_embed.", "blocks.", "norm."}

// Load writes the file's values to the parameters of the same names. The whole encoder must be there, with the right shapes; heads and
// decoder are taken where they fit in name. Momentum copies are left to the caller. A file that does not fit gives
// checkpoint.ErrMismatch and lists what differs, and then nothing has been written.
func (f *File) Load(p *nn.Params) (Loaded, error) {
	result := Loaded{Path: f.Path}
	var differ []string
	values := map[*nn.Param][]float32{}
	for _, param := range p.All() {
		t, ok := f.tensors[param.Name]
		switch {
		case param.Role == nn.Follower || !ok && param.Role == nn.Fixed:
		case !ok && isEncoder(param.Name):
			differ = append(differ, fmt.Sprintf("- %s %v", param.Name, param.Value.Shape))
		case !ok:
			result.Fresh = append(result.Fresh, param.Name)
		case !slices.Equal(t.Shape, param.Value.Shape):
			differ = append(differ, fmt.Sprintf("%s is %v, not %v", param.Name, t.Shape, param.Value.Shape))
		default:
			v, err := t.Float32s()
			if err != nil {
				return result, fmt.Errorf("weights: %q: %s: %w", f.Path, t.Name, err)
			}
			values[param] = v
		}
	}
	if len(differ) > 0 {
		return result, fmt.Errorf("%w: %q does not hold this model: %s; set model.size, model.patch_size and data.image_size to those of the file",
			checkpoint.ErrMismatch, f.Path, firstFew(differ))
	}
	for param, v := range values {
		nn.WriteTensor(p.Engine(), param.Value, v)
	}
	result.Count = len(values)
	for name := range f.tensors {
		if _, ok := p.Lookup(name); !ok && !strings.HasPrefix(name, "momentum.") {
			result.Ignored = append(result.Ignored, name)
		}
	}
	slices.Sort(result.Ignored)
	return result, nil
}

func isEncoder(name string) bool {
	return slices.ContainsFunc(encoderParts, func(part string) bool { return strings.HasPrefix(name, part) })
}

// firstFew joins up to five items and counts the others.
func firstFew(items []string) string {
	const show = 5
	if len(items) <= show {
		return strings.Join(items, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(items[:show], ", "), len(items)-show)
}
