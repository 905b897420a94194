package weights

import (
	"fmt"
	"slices"
	"strings"

	"cmae/internal/kernel"
	"cmae/internal/weights/safetensors"
)

// Shape is the shape of a tensor of the file, nil where it has none of this name.
func (f *File) Shape(name string) []int { return f.tensors[name].Shape }

// Pooled tells a finetuned transformer, which has fc_norm on the mean of its tokens in place of the
// final LayerNorm.
func (f *File) Pooled() bool { return f.has("fc_norm.weight") && !f.has("norm.weight") }

// HeadOf begins the names of the classifier that finetuning left in the file, empty if there is
// none. A ResNet's fc may also be a head of contrastive pretraining, or have learned classes that
// nobody named: then the file has no names of classes.
func (f *File) HeadOf(resNet bool) string {
	switch {
	case f.Pooled() && f.has("head.weight"):
		return "head."
	case resNet && f.has("fc.weight") && f.Classes != nil:
		return "fc."
	}
	return ""
}

// Forget drops the tensors whose names begin with one of the prefixes, so that Load leaves what
// they would fill at its initial values.
func (f *File) Forget(prefixes ...string) {
	for name := range f.tensors {
		if slices.ContainsFunc(
			prefixes, func(p string) bool { return strings.HasPrefix(name, p) },
		) {
			delete(f.tensors, name)
		}
	}
}

// Finite is the values of a tensor, called name in errors, that must have a shape without a size of
// 0 and hold nothing but finite numbers. The zero Tensor is one that is not there.
func Finite(t safetensors.Tensor, name string, shape []int) ([]float32, error) {
	if !slices.Equal(t.Shape, shape) || slices.Contains(shape, 0) {
		return nil, fmt.Errorf("tensor %s is %v, not %v", name, t.Shape, shape)
	}
	values, err := t.Float32s()
	if err != nil {
		return nil, err
	}
	for _, v := range values {
		if !kernel.Finite(v) {
			return nil, fmt.Errorf("tensor %s holds %g, which is not finite", name, v)
		}
	}
	return values, nil
}
