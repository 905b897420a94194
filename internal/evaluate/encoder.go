package evaluate

import (
	"fmt"
	"slices"

	"cmae/internal/evaluate/features"
	"cmae/internal/recipe"
)

// Raw is the feature that Pixels reports: normalised pixels, the baseline without any encoder.
const Raw recipe.Feature = "pixels"

// Encoder turns images into features.
type Encoder struct {
	Name    string // for people: "random", "runs/demo at step 500"
	Feature recipe.Feature
	Side    int // S
	Batch   int // most images at a time

	// Encode maps up to Batch normalised images[rows,3,S,S] to features[rows,D], which are valid
	// until the next call.
	Encode func(images []float32) ([]float32, error)
}

// NewEncoder reads a feature off an extractor that was compiled with c.
func NewEncoder(name string, x *features.Extractor, c features.Config, f recipe.Feature) (Encoder, error) {
	read := x.Mean
	switch {
	case f == recipe.Mean:
	case f == recipe.Cls && c.HasCls():
		read = x.Cls
	default:
		return Encoder{}, fmt.Errorf("evaluate: feature %q is none of this encoder's", f)
	}
	encode := func(images []float32) ([]float32, error) {
		if err := x.Run(images); err != nil {
			return nil, fmt.Errorf("evaluate: encode: %w", err)
		}
		all := read() // [Batch,D]
		rows := len(images) / (3 * c.Side * c.Side)
		return all[:len(all)/c.Batch*rows], nil
	}
	return Encoder{Name: name, Feature: f, Side: c.Side, Batch: c.Batch, Encode: encode}, nil
}

// Pixels is the baseline without an encoder: a feature is the image itself, D = 3*S*S.
func Pixels(side int) Encoder {
	same := func(images []float32) ([]float32, error) { return images, nil }
	return Encoder{Name: "raw pixels", Feature: Raw, Side: side, Batch: 256, Encode: same}
}

// encodeAll appends the features of images[rows,3,S,S], any number of rows, to dst.
func (e Encoder) encodeAll(dst, images []float32) ([]float32, error) {
	for part := range slices.Chunk(images, e.Batch*3*e.Side*e.Side) {
		f, err := e.Encode(part)
		if err != nil {
			return nil, err
		}
		dst = append(dst, f...)
	}
	return dst, nil
}
