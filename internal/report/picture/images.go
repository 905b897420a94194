package picture

import (
	"context"
	"errors"
	"image"

	"cmae/internal/contrastivecrop"
	"cmae/internal/dataset"
	"cmae/internal/dataset/loader"
	"cmae/internal/evaluate/encoder"
	"cmae/internal/evaluate/features"
	"cmae/internal/rng"
)

// Sample says how many images a picture shows, and the seed that chooses them and their masks or
// crops.
type Sample struct {
	Count int
	Seed  uint64
}

// choice are images of a split that a picture shows.
type choice struct {
	set      *dataset.Set
	what     string   // they are called
	captions []string // what is to be said of them
	images   []int
}

// unseen chooses images of the split that a model was not trained on, of training images where the
// data has no others.
func unseen(ctx context.Context, e *encoder.Encoder, o Sample) (choice, error) {
	data, err := e.Data(ctx)
	if err != nil {
		return choice{}, err
	}
	c := choice{set: data.Test, what: "test images"}
	switch {
	case data.Test == nil:
		c.set, c.what = data.Train, "training images"
		c.captions = []string{
			"These are images that the model was trained on: the data has no others.",
		}
	case e.Config.Data.Holdout > 0:
		c.what = "held-out images"
	}
	c.images = pick(c.set, o.Count, o.Seed, every)
	return c, nil
}

// pick chooses count images of a split by seed, in turn from every class, and of those that want
// accepts.
func pick(set *dataset.Set, count int, seed uint64, want func(image int) bool) []int {
	var left, chosen []int
	for _, i := range rng.For(seed, rng.Subset, uint64(set.Len())).Perm(set.Len()) {
		if want(i) {
			left = append(left, i)
		}
	}
	for len(left) > 0 && len(chosen) < count {
		seen := map[int]bool{}
		var later []int
		for _, i := range left {
			if seen[set.Label(i)] || len(chosen) == count {
				later = append(later, i)
				continue
			}
			seen[set.Label(i)] = true
			chosen = append(chosen, i)
		}
		left = later
	}
	return chosen
}

// every accepts all images.
func every(int) bool { return true }

// look makes views of images and, by seed, the noise of their first masks: Whole as an evaluation
// sees them, Uncropped as heat maps are made of them.
func look(
	e *encoder.Encoder, mode loader.Mode, set *dataset.Set, images []int, seed uint64,
) *loader.Batch {
	o := loader.Options{
		Mode: mode, Seed: seed, Side: e.Side, Patches: e.Grid() * e.Grid(),
		Augment: e.Config.Augment, Fit: e.Config.Data.Whole(),
	}
	return loader.Make(set, o, 0, nil, images...)
}

// encode runs whole images through an encoder, all at a time: what it makes of them is the
// extractor's, views[len(images),3,S,S] are what it saw.
func encode(
	ctx context.Context, e *encoder.Encoder, c choice, net contrastivecrop.Net,
) (x *features.Extractor, views []float32, err error) {
	if x, err = e.Maps(len(c.images), net); err != nil {
		return nil, nil, err
	}
	views = look(e, loader.Uncropped, c.set, c.images, 0).Query
	if err = x.Run(views); err == nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		return nil, nil, errors.Join(err, x.Close())
	}
	return x, views, nil
}

// viewTile is the tile of row number row of views[n,C,S,S].
func viewTile(e *encoder.Encoder, views []float32, row int) *image.RGBA {
	values := e.Config.Data.Channels * e.Side * e.Side
	return enlarged(ofView(views[row*values:(row+1)*values], e.Side, e.Config.Look()))
}

// heatCaptions says which encoder drew heat maps where that is not the one that is evaluated.
func heatCaptions(e *encoder.Encoder) []string {
	if e.HeatNet() == contrastivecrop.Momentum {
		return []string{"Drawn by the momentum encoder (crop.net)."}
	}
	return nil
}
