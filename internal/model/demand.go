package model

import (
	"slices"

	"cmae/internal/config"
)

// MostBytes is more memory than machines have, and little enough that sizes and operations of a
// step are counted without overflow.
const MostBytes = 1 << 42

// Demand is the least memory that a computation holds, part by part. It refuses sizes that cannot
// work before anything is built, and is no estimate (see package summary). It is counted in
// float64, which does not overflow.
type Demand []part

type part struct {
	bytes   float64
	factors []factor
}

// factor is a setting that a part grows with, and what the setting usually is.
type factor struct {
	key          string
	value, usual int
}

func (d *Demand) add(bytes float64, factors ...factor) { *d = append(*d, part{bytes, factors}) }

// Check refuses a demand above most bytes, naming the setting that is furthest from usual in the
// largest part.
func (d Demand) Check(most float64) error {
	var total float64
	var largest part
	for _, p := range d {
		if total += p.bytes; p.bytes > largest.bytes {
			largest = p
		}
	}
	if total <= most {
		return nil
	}
	f := slices.MaxFunc(
		largest.factors, func(a, b factor) int { return a.value*b.usual - b.value*a.usual },
	)
	return config.Faultf(
		f.key,
		"with %d at least %.4g GB of memory would be needed, and %.4g GB are the most there can be; lower it",
		f.value, total/1e9, most/1e9,
	)
}

// The least bytes of a value.
const (
	trainedWeight = 12 // with its gradient and one moment
	frozenWeight  = 4
	activation    = 2 // which may be BF16
)

// costs returns the bytes of a weight, and how many of depth layers keep their activations.
func costs(depth int, trained bool) (weight, layers float64) {
	if trained {
		return trainedWeight, float64(depth)
	}
	return frozenWeight, 1
}

func batchFactor(n int) factor { return factor{"train.batch_size", n, 128} }
func sideFactor(n int) factor  { return factor{"data.image_size", n, 32} }

// Demand is the memory of an encoder on batch whole images of side pixels.
func (c EncoderConfig) Demand(side, batch int, trained bool) Demand {
	tokens := 0
	if !c.IsResNet() {
		tokens = 1 + (side/c.PatchSize)*(side/c.PatchSize)
	}
	return c.demand(side, batch, tokens, trained)
}

// demand is Demand for an encoder that sees the given number of tokens of an image.
func (c EncoderConfig) demand(side, batch, tokens int, trained bool) (d Demand) {
	c = c.Resolved()
	weight, layers := costs(c.Depth, trained)
	d.add(4*3*float64(side)*float64(side)*float64(batch), batchFactor(batch), sideFactor(side))
	if c.IsResNet() {
		d.add(
			weight*1000*float64(c.Width)*float64(c.Width),
			factor{"model.width", c.Width, resNetWidth},
		)
		d.add(activation*float64(side/4)*float64(side/4)*float64(c.Width)*float64(batch),
			batchFactor(batch), sideFactor(side), factor{"model.width", c.Width, resNetWidth})
		return d
	}
	d.blocks("model", batch, side, tokens, c.Dim, c.Depth, c.MLPRatio, weight, layers)
	d.add(
		weight*3*float64(c.PatchSize)*float64(c.PatchSize)*float64(c.Dim),
		factor{"model.patch_size", c.PatchSize, 4}, factor{"model.dim", c.Dim, 96},
	)
	return d
}

// blocks adds the blocks of a transformer. Its settings are in section; a weight takes weight
// bytes, and layers of its depth layers keep their activations.
func (d *Demand) blocks(
	section string, batch, side, tokens, dim, depth int, ratio, weight, layers float64,
) {
	width, hidden := float64(dim), float64(dim)*ratio
	of := factor{section + ".dim", dim, 96}
	if ratio > 16 {
		of = factor{section + ".mlp_ratio", int(ratio), 4}
	}
	d.add(weight*float64(depth)*2*width*(2*width+hidden), of, factor{section + ".depth", depth, 4})
	d.add(
		activation*layers*float64(batch)*float64(tokens)*(width+hidden), batchFactor(batch),
		sideFactor(side), of, factor{section + ".depth", depth, 4},
	)
}

// Demand is the memory of a pretraining step on batch images, or of its forward pass alone unless
// trained.
func (c Config) Demand(batch int, trained bool) Demand {
	weight, layers := costs(c.Decoder.Depth, trained)
	n, seen := c.Patches(), c.Patches()
	if !c.Method.IsMoCo() {
		seen = c.Visible()
	}
	d := c.Encoder.demand(c.Side, batch, seen, trained)
	if k := c.Contrast; k.Weight > 0 {
		hidden, out := float64(k.HiddenFor(c.Encoder.Features())), float64(k.Out)
		if c.Method == MoCo1 || c.Method == MoCo2 {
			hidden = 0 // a smaller head, or none
		}
		d.add(
			4*float64(k.QueueSize)*out, factor{"contrast.queue_size", k.QueueSize, 4096},
			factor{"contrast.out", k.Out, 256},
		)
		d.add(weight*hidden*(out+float64(max(0, k.Layers-2))*hidden), factor{
			"contrast.hidden", int(hidden), 4096,
		},
			factor{"contrast.out", k.Out, 256}, factor{"contrast.layers", k.Layers, 3})
	}
	if c.Method.IsMoCo() {
		return d
	}
	if c.Reconstruct.Weight > 0 {
		d.blocks(
			"decoder", batch, c.Side, n, c.Decoder.Dim, c.Decoder.Depth, c.Decoder.MLPRatio, weight,
			layers,
		)
	}
	if l := c.Location; l.Weight > 0 {
		slots := float64(l.Slots(c.Grid()))
		// the target, here and in the engine
		d.add(12*float64(batch)*float64(seen)*slots, batchFactor(batch), sideFactor(c.Side))
		d.add(
			weight*float64(l.Hidden)*(slots+float64(c.Encoder.Features())),
			factor{"location.hidden", l.Hidden, 48}, sideFactor(c.Side),
		)
	}
	return d
}
