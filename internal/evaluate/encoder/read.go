package encoder

import (
	"context"
	"errors"
	"fmt"

	"cmae/internal/dataset"
	"cmae/internal/dataset/augment"
	"cmae/internal/dataset/loader"
	"cmae/internal/evaluate/features"
	"cmae/internal/fault"
)

// Features encodes every image of a split of Data, whole and in order.
func (e *Encoder) Features(ctx context.Context, split *dataset.Set) (features.Set, error) {
	frozen, err := e.Frozen()
	if err != nil {
		return features.Set{}, err
	}
	task := e.Console.Begin("encode", 0, split.Len())
	defer task.End()
	o := e.Loading()
	o.Progress = func(done, _ int) { task.Advance(done, "images") }
	return frozen.EncodeAll(ctx, split, o)
}

// LabelledFeatures encodes the training images of Data, which need no test images beside them.
// Images without labels, or of one class, are fault.Data.
func (e *Encoder) LabelledFeatures(ctx context.Context) (features.Set, []string, error) {
	data, err := e.Data(ctx)
	if err == nil {
		data, err = data.Labelled(), data.CheckLabels()
	}
	if err != nil {
		return features.Set{}, nil, err
	}
	all, err := e.Features(ctx, data.Train)
	return all, data.Train.Classes(), err
}

// Each encodes images without labels, whole, batch by batch: however many there are, few are in
// memory. Side must be settled. visit gets the feature of each in their order, valid until it
// returns. Files that were left out are returned.
func (e *Encoder) Each(
	ctx context.Context, images *dataset.Images, visit func(name string, feature []float32),
) ([]dataset.BadFile, error) {
	frozen, err := e.freeze(images.Len())
	if err != nil {
		return nil, err
	}
	task := e.Console.Begin("encode", 0, images.Len())
	defer task.End()
	side, fit, done := frozen.Side, e.Config.Data.Whole(), 0
	view, size := augment.NewWorkspace(e.Config.Augment, side), frozen.Values
	batch, names := make([]float32, 0, frozen.Batch*size), []string{}
	encode := func() error {
		if len(names) == 0 {
			return nil
		}
		f, err := frozen.Encode(batch)
		if err != nil {
			return err
		}
		dim := len(f) / len(names)
		for i, name := range names {
			visit(name, f[i*dim:(i+1)*dim])
		}
		done += len(names)
		task.Advance(done, "images")
		batch, names = batch[:0], names[:0]
		return nil
	}
	bad, err := images.Each(ctx, func(name string, img dataset.Image) error {
		names, batch = append(names, name), batch[:len(batch)+size]
		view.Whole(batch[len(batch)-size:], img, fit)
		if len(batch) < cap(batch) {
			return nil
		}
		return encode()
	})
	if err == nil {
		err = encode()
	}
	if err == nil && done == 0 {
		err = fmt.Errorf(
			"encoder: %w: none of the %d images can be decoded", fault.Data, images.Len(),
		)
	}
	for _, w := range images.Warnings() {
		e.Console.Warn("%s", w)
	}
	for _, b := range bad {
		e.Console.Warn("left out %s: %s", b.Path, b.Reason)
	}
	return append([]dataset.BadFile{}, bad...), err
}

// EachHeat gives the raw heat map [N] of each of the images of a split of Data to visit, in their
// order, drawn by HeatNet as section crop says. raw is valid until visit returns.
func (e *Encoder) EachHeat(
	ctx context.Context, split *dataset.Set, images []int,
	visit func(image int, raw []float32),
) (err error) {
	x, err := e.Maps(min(features.Batch, len(images)), e.HeatNet())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, x.Close()) }()
	task := e.Console.Begin("boxes", 0, len(images))
	defer task.End()
	o := e.Loading()
	o.Progress = func(done, _ int) { task.Advance(done, "images") }
	return x.EachHeat(
		ctx, some{split, images}, e.Config.Crop, o,
		func(i int, raw []float32) { visit(images[i], raw) },
	)
}

// some are images of a split.
type some struct {
	loader.Source
	images []int
}

// Len is their number.
func (s some) Len() int { return len(s.images) }

// Image is the i-th of them.
func (s some) Image(i int) augment.Image { return s.Source.Image(s.images[i]) }

// Label is the class of the i-th of them.
func (s some) Label(i int) int { return s.Source.Label(s.images[i]) }
