package weights

import (
	"fmt"
	"slices"
	"strings"

	"cmae/internal/fault"
	"cmae/internal/graph/nn"
	"cmae/internal/kernel"
)

// LoadMomentum writes the file's momentum copies to the parameters that are such copies, of which
// the file must have all. A file that does not is fault.Mismatch, as is one with numbers that are
// not finite; then nothing has been written.
func (f *File) LoadMomentum(p *nn.Params) error {
	values := map[*nn.Param][]float32{}
	for _, param := range p.All() {
		if param.Role != nn.EMA {
			continue
		}
		t, ok := f.tensors[param.Name]
		if !ok {
			return f.noMomentum(param.Name)
		}
		var err error
		if values[param], err = Finite(t, t.Name, param.Value.Shape); err != nil {
			return fmt.Errorf("weights: %w: %q: %w", fault.Mismatch, f.Path, err)
		}
	}
	for param, v := range values {
		kernel.Write(p.Engine(), param.Value, v)
	}
	return nil
}

// noMomentum says what the file lacks: a copy, or all of them.
func (f *File) noMomentum(name string) error {
	isCopy := func(name string) bool { return strings.HasPrefix(name, nn.MomentumPrefix) }
	if !slices.ContainsFunc(f.Names(), isCopy) {
		return fmt.Errorf(
			"weights: %q: %w: it has no momentum encoder; set crop.net=online", f.Path,
			fault.Mismatch,
		)
	}
	return fmt.Errorf(
		"weights: %q: %w: it lacks %s; set crop.net=online", f.Path, fault.Mismatch, name,
	)
}
