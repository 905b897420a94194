package features

import (
	"fmt"
	"slices"

	"cmae/internal/recipe"
)

// Raw is the feature that Pixels reports: normalised pixels, the baseline without any encoder.
const Raw recipe.Feature = "pixels"

// EachPatch is the feature of Freeze that is every patch token, [N,D] of an image.
const EachPatch recipe.Feature = "patches"

// Frozen is an encoder that is trained no more: it turns images into features.
type Frozen struct {
	Name    string // for people: "random", "runs/demo at step 500"
	Feature recipe.Feature
	Side    int // S
	Values  int // of an image, C*S*S
	Batch   int // most images at a time

	// Encode maps up to Batch normalised images[rows,C,S,S] to features[rows,D], which are valid
	// until the next call.
	Encode func(images []float32) ([]float32, error)
}

// Freeze reads a feature off an extractor that was compiled with c.
func Freeze(name string, x *Extractor, c Config, f recipe.Feature) (Frozen, error) {
	read := x.Mean
	switch {
	case f == recipe.Mean:
	case f == recipe.Cls && c.HasCls():
		read = x.Cls
	case f == EachPatch && c.Patches:
		read = x.Patches
	default:
		return Frozen{}, fmt.Errorf("features: %q is no feature of this encoder", f)
	}
	encode := func(images []float32) ([]float32, error) {
		if err := x.Run(images); err != nil {
			return nil, fmt.Errorf("features: encode: %w", err)
		}
		all := read() // [Batch,D]
		rows := len(images) / c.values()
		return all[:len(all)/c.Batch*rows], nil
	}
	return Frozen{
		Name: name, Feature: f, Side: c.Side, Values: c.values(), Batch: c.Batch, Encode: encode,
	}, nil
}

// Pixels is the baseline without an encoder: a feature is the image itself, D = C*S*S.
func Pixels(channels, side int) Frozen {
	same := func(images []float32) ([]float32, error) { return images, nil }
	return Frozen{
		Name: "raw pixels", Feature: Raw, Side: side, Values: channels * side * side, Batch: 256,
		Encode: same,
	}
}

// Append appends the features of images[rows,C,S,S], any number of rows, to dst.
func (f Frozen) Append(dst, images []float32) ([]float32, error) {
	for part := range slices.Chunk(images, f.Batch*f.Values) {
		encoded, err := f.Encode(part)
		if err != nil {
			return nil, err
		}
		dst = append(dst, encoded...)
	}
	return dst, nil
}
