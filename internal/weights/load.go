package weights

import (
	"fmt"
	"slices"
	"strings"

	"cmae/internal/fault"
	"cmae/internal/graph/nn"
	"cmae/internal/kernel"
	"cmae/internal/weights/safetensors"
)

// Loaded says what Load did.
type Loaded struct {
	Path    string
	Count   int      // parameters that got values
	Fresh   []string // parameters that the file lacks, left at their initial values
	Ignored []string // tensors of the file that the model has no place for
	Doubt   string   // why the encoder's values can hardly be of use, or empty
}

func (l Loaded) String() string {
	return fmt.Sprintf(
		"%d tensors from %s, %d left at their initial values, %d ignored", l.Count, l.Path,
		len(l.Fresh), len(l.Ignored),
	)
}

// Load writes the file's values to the parameters of the same names. The whole encoder must be
// there, with the right shapes and no part more; heads and decoder are taken where they fit in
// name. Momentum copies are left to the caller, but for their table of positions, which is fixed. A
// file that does not fit gives fault.Mismatch and lists what differs, one with numbers that
// are not finite names the tensor; then nothing has been written.
func (f *File) Load(p *nn.Params) (Loaded, error) {
	result, tensors, err := f.match(p)
	if err != nil {
		return result, err
	}
	values := map[*nn.Param][]float32{}
	for param, t := range tensors {
		if values[param], err = Finite(t, Shown(t.Name), param.Value.Shape); err != nil {
			return result, fmt.Errorf("weights: %w: %q: %w", fault.Mismatch, f.Path, err)
		}
	}
	for param, v := range values {
		kernel.Write(p.Engine(), param.Value, v)
	}
	result.Count, result.Doubt = len(values), f.Doubt()
	return result, nil
}

// Fits says by names and shapes whether Load would refuse the file: parameters without memory will
// do.
func (f *File) Fits(p *nn.Params) error {
	_, _, err := f.match(p)
	return err
}

// match finds the tensor of every parameter that gets one.
func (f *File) match(p *nn.Params) (Loaded, map[*nn.Param]safetensors.Tensor, error) {
	result := Loaded{Path: f.Path}
	d := difference{heads: p.Parts()}
	encodes := false // or the model is a momentum copy alone
	tensors := map[*nn.Param]safetensors.Tensor{}
	for _, param := range p.All() {
		encodes = encodes || isEncoder(param.Name)
		t, ok := f.tensors[param.Name]
		if !ok && param.Role == nn.Fixed { // the copy of a learned table
			t, ok = f.tensors[strings.TrimPrefix(param.Name, nn.MomentumPrefix)]
		}
		switch {
		case param.Role == nn.EMA || !ok && param.Role == nn.Fixed:
		case !ok && isEncoder(param.Name):
			d.missing(param.Name, param.Value.Shape)
		case !ok:
			result.Fresh = append(result.Fresh, param.Name)
		case !slices.Equal(t.Shape, param.Value.Shape):
			d.missing(param.Name, param.Value.Shape)
			d.surplus(param.Name, t.Shape)
		default:
			tensors[param] = t
		}
	}
	for _, name := range f.Names() {
		if _, ok := p.Lookup(name); !ok && encodes && isEncoder(name) {
			d.surplus(name, f.tensors[name].Shape)
		} else if !ok && !strings.HasPrefix(name, nn.MomentumPrefix) {
			result.Ignored = append(result.Ignored, name)
		}
	}
	if !d.none() {
		return result, nil, d.explain(f)
	}
	return result, tensors, nil
}
