package model

import (
	"slices"

	"cmae/internal/config"
)

// MostBytes is more memory than machines have, and little enough that sizes and operations of a
// step are counted without overflow.
const MostBytes = 1 << 42

// MinMemory is the least memory that a computation holds, part by part. It refuses sizes that
// cannot work before anything is built, and is no estimate (see package summary). It is counted in
// float64, which does not overflow.
type MinMemory []memoryPart

type memoryPart struct {
	bytes   float64
	factors []Factor
}

// Factor is a setting that a part of the memory grows with, and what the setting usually is.
type Factor struct {
	Key          string
	Value, Usual int
}

// Add adds a part of so many bytes.
func (d *MinMemory) Add(bytes float64, factors ...Factor) {
	*d = append(*d, memoryPart{bytes, factors})
}

// Check refuses more than most bytes, naming the setting that is furthest from usual in the
// largest part.
func (d MinMemory) Check(most float64) error {
	var total float64
	var largest memoryPart
	for _, p := range d {
		if total += p.bytes; p.bytes > largest.bytes {
			largest = p
		}
	}
	if total <= most {
		return nil
	}
	f := slices.MaxFunc(
		largest.factors, func(a, b Factor) int { return a.Value*b.Usual - b.Value*a.Usual },
	)
	return config.Faultf(
		f.Key,
		"with %d at least %.4g GB of memory would be needed, and %.4g GB are the most there can "+
			"be; lower it",
		f.Value, total/1e9, most/1e9,
	)
}

// The least bytes of a value.
const (
	TrainedWeight = 12 // with its gradient and one moment
	frozenWeight  = 4
	activation    = 2 // which may be BF16
)

// costs returns the bytes of a weight, and how many of depth layers keep their activations.
func costs(depth int, trained bool) (weight, layers float64) {
	if trained {
		return TrainedWeight, float64(depth)
	}
	return frozenWeight, 1
}

// BatchFactor is the number of images.
func BatchFactor(n int) Factor { return Factor{"train.batch_size", n, 128} }

// SideFactor is the side of an image.
func SideFactor(n int) Factor { return Factor{"data.image_size", n, 32} }

// MinMemory is the memory of an encoder on batch whole images of side pixels.
func (c EncoderConfig) MinMemory(side, batch int, trained bool) MinMemory {
	tokens := 0
	c = c.At(side)
	if !c.IsResNet() {
		tokens = 1 + (side/c.PatchSize)*(side/c.PatchSize)
	}
	return c.MinMemoryOf(side, batch, tokens, trained)
}

// MinMemoryOf is MinMemory for an encoder that sees the given number of tokens of an image.
func (c EncoderConfig) MinMemoryOf(side, batch, tokens int, trained bool) (d MinMemory) {
	c = c.At(side)
	weight, layers := costs(c.Depth, trained)
	d.Add(
		4*float64(c.In())*float64(side)*float64(side)*float64(batch), BatchFactor(batch),
		SideFactor(side),
	)
	if c.IsResNet() {
		width := Factor{"model.width", c.Width, resNetWidth}
		d.Add(weight*1000*float64(c.Width)*float64(c.Width), width)
		d.Add(
			activation*float64(side/4)*float64(side/4)*float64(c.Width)*float64(batch),
			BatchFactor(batch), SideFactor(side), width,
		)
		return d
	}
	weights := float64(c.Depth) * blockWeights(c.Dim, c.MLPRatio)
	d.blocks("model", batch, side, tokens, c.Dim, c.Depth, c.MLPRatio, weight*weights, layers)
	d.Add(
		weight*float64(c.In())*float64(c.PatchSize)*float64(c.PatchSize)*float64(c.Dim),
		Factor{"model.patch_size", c.PatchSize, 4}, Factor{"model.dim", c.Dim, 96},
	)
	return d
}

// MinMemory is the memory of a decoder for batch images of side pixels, cut into so many patches.
func (c DecoderConfig) MinMemory(side, batch, patches int, trained bool) (d MinMemory) {
	weight, layers := costs(c.Depth, trained)
	weights, ratio := 0., c.MLPRatio
	for _, kind := range c.Blocks() {
		weights += blockOf(kind).weights(c)
	}
	if !c.reads(ratioKey) {
		ratio = 0
	}
	d.blocks("decoder", batch, side, patches, c.Dim, c.Depth, ratio, weight*weights, layers)
	return d
}

// blockWeights is the weights of a transformer's block: four matrices of attention, and two of
// the MLP.
func blockWeights(dim int, ratio float64) float64 {
	width := float64(dim)
	return 2 * width * (2*width + width*ratio)
}

// blocks adds blocks whose settings are in section. All their weights take so many bytes, and
// layers of the depth layers keep their activations.
func (d *MinMemory) blocks(
	section string, batch, side, tokens, dim, depth int, ratio, weights, layers float64,
) {
	width, hidden := float64(dim), float64(dim)*ratio
	of := Factor{section + ".dim", dim, 96}
	if ratio > 16 {
		of = Factor{section + ".mlp_ratio", int(ratio), 4}
	}
	d.Add(weights, of, Factor{section + ".depth", depth, 4})
	d.Add(
		activation*layers*float64(batch)*float64(tokens)*(width+hidden), BatchFactor(batch),
		SideFactor(side), of, Factor{section + ".depth", depth, 4},
	)
}
