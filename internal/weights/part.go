package weights

import (
	"slices"
	"strings"
)

// Shape is that of a tensor of the file, nil where it has none of this name.
func (f *File) Shape(name string) []int { return f.tensors[name].Shape }

// Pooled tells a finetuned transformer, which has fc_norm on the mean of its tokens in place of the final LayerNorm.
func (f *File) Pooled() bool { return f.has("fc_norm.weight") && !f.has("norm.weight") }

// Forget drops the tensors whose names begin with one of the prefixes, so that Load leaves what they would fill at its initial values.
func (f *File) Forget(prefixes ...string) {
	for name := range f.tensors {
		if slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(name, p) }) {
			delete(f.tensors, name)
		}
	}
}
