package exchange

import (
	"fmt"
	"regexp"
	"slices"

	"cmae/internal/fault"
	"cmae/internal/weights"
	"cmae/internal/weights/safetensors"
)

// layerScale are the names of LayerScale's factors: timm's and DINOv2's, and DeiT-III's own.
var layerScale = regexp.MustCompile(`^(blocks\.[0-9]+\.)(?:ls|gamma_)([12])(?:\.gamma)?$`)

// foldLayerScale gives a block with LayerScale the weights of a plain one with the same function:
// what scales the outputs of attention or MLP goes into the last layer of it.
func foldLayerScale(f *weights.File) error {
	for _, name := range f.Names() {
		found := layerScale.FindStringSubmatch(name)
		if found == nil {
			continue
		}
		last := found[1] + map[string]string{"1": "attn.proj.", "2": "mlp.fc2."}[found[2]]
		factors, err := floatsOf(f, name)
		for _, kind := range []string{"weight", "bias"} {
			if err == nil {
				err = scaleRows(f, last+kind, name, factors)
			}
		}
		if err != nil {
			return err
		}
		f.Forget(name)
	}
	return nil
}

// scaleRows multiplies each row of a tensor, or value of a vector, by its factor.
func scaleRows(f *weights.File, tensor, by string, factors []float32) error {
	shape := slices.Clone(f.Shape(tensor))
	if len(shape) == 0 || len(factors) == 0 || shape[0] != len(factors) {
		return fmt.Errorf(
			"exchange: %w: %q: %s has %d values for %s %v", fault.Mismatch, f.Path,
			weights.Shown(by), len(factors), weights.Shown(tensor), shape,
		)
	}
	values, err := floatsOf(f, tensor)
	if err != nil {
		return err
	}
	each := len(values) / len(factors)
	for i := range values {
		values[i] *= factors[i/each]
	}
	f.Put(safetensors.FromFloat32s(tensor, shape, values))
	return nil
}

// floatsOf are the values of a tensor of the file, in memory of the caller's.
func floatsOf(f *weights.File, name string) ([]float32, error) {
	t, _ := f.Tensor(name)
	values, err := t.Float32s()
	if err != nil {
		return nil, fmt.Errorf("exchange: %w: %q: %w", fault.Mismatch, f.Path, err)
	}
	return values, nil
}
