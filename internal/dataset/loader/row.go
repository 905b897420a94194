package loader

import (
	"math/rand/v2"

	"cmae/internal/contrastivecrop"
	"cmae/internal/dataset/augment"
	"cmae/internal/rng"
)

// fill makes row i of a batch.
func (e *epochOf) fill(w *augment.Workspace, b *Batch, i int) {
	if i >= b.Count {
		for _, t := range [][]float32{b.Query, b.NoiseQuery, b.KeepPosition} {
			clear(row(t, i, len(b.Indices)))
		}
		return
	}
	query := row(b.Query, i, len(b.Indices))
	index := int(b.Indices[i])
	img := e.source.Image(index)
	e.noise(b, i, index)
	switch e.opt.Mode {
	case Whole:
		w.Whole(query, img, e.opt.Fit)
	case Uncropped:
		w.Uncropped(query, img)
	case Labelled:
		r := e.stream(rng.Probe, index)
		crop := e.sample(r, img, index)
		if s := e.opt.Supervised; s != nil {
			w.Labelled(query, img, crop, *s, r)
			return
		}
		w.Plain(query, img, crop, r)
	case TwoViews:
		if i%max(e.opt.KeyEvery, 1) == 0 {
			r := e.stream(rng.KeyView, index)
			w.Key(row(b.Key, i, len(b.Indices)), img, e.sample(r, img, index), r)
		}
		fallthrough
	case OneView:
		r := e.stream(rng.QueryView, index)
		w.Query(query, img, e.sample(r, img, index), r)
	}
}

// noise draws the mask noise of row i, and which of its patches lose their positions.
func (e *epochOf) noise(b *Batch, i, index int) {
	if b.NoiseQuery != nil {
		uniform(row(b.NoiseQuery, i, len(b.Indices)), e.stream(rng.QueryMask, index))
	}
	if b.NoiseKey != nil {
		uniform(row(b.NoiseKey, i, len(b.Indices)), e.stream(rng.KeyMask, index))
	}
	if b.KeepPosition != nil {
		keep := row(b.KeepPosition, i, len(b.Indices))
		uniform(keep, e.stream(rng.DropPosition, index))
		for j, u := range keep {
			keep[j] = 1
			if float64(u) < e.opt.DropPosition {
				keep[j] = 0
			}
		}
	}
}

func (e *epochOf) stream(purpose rng.Purpose, image int) *rand.Rand {
	return rng.For(e.opt.Seed, purpose, uint64(e.number), uint64(image))
}

// sample draws the crop of a view.
func (e *epochOf) sample(r *rand.Rand, img augment.Image, index int) contrastivecrop.Rect {
	box := contrastivecrop.Full
	if e.boxes != nil {
		box = e.boxes(index)
	}
	return contrastivecrop.Sample(r, img.Width, img.Height, box, e.crop)
}

func uniform(dst []float32, r *rand.Rand) {
	for i := range dst {
		dst[i] = r.Float32()
	}
}

// row is row i of a tensor of the given number of rows.
func row(tensor []float32, i, rows int) []float32 {
	n := len(tensor) / rows
	return tensor[i*n : (i+1)*n : (i+1)*n]
}
