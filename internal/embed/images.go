package embed

import (
	"context"
	"fmt"

	"cmae/internal/augment"
	"cmae/internal/config"
	"cmae/internal/dataset"
	"cmae/internal/judge"
	"cmae/internal/weights"
)

// unlabelled is the label of images without one.
const unlabelled = -1

// folder embeds a plain folder of images, batch by batch: however many there are, few are in memory.
func (o Options) folder(ctx context.Context) (*table, []dataset.BadFile, error) {
	side, err := o.side()
	if err != nil {
		return nil, nil, err
	}
	images, err := dataset.OpenImages(o.Config.Data, o.Images)
	if err != nil {
		return nil, nil, err
	}
	s, err := judge.OpenEncoder(o.Options, side)
	if err != nil {
		return nil, nil, err
	}
	defer s.Close()
	task := o.Console.Begin("encode", 0, images.Len())
	defer task.End()
	t, view := newTable(s.Encoder), augment.NewWorkspace(o.Config.Augment, side)
	size := 3 * side * side
	batch := make([]float32, 0, s.Encoder.Batch*size)
	encode := func() error {
		if len(batch) == 0 {
			return nil
		}
		features, err := s.Encoder.Encode(batch)
		t.values, t.dim = append(t.values, features...), len(features)*size/max(len(batch), 1)
		batch = batch[:0]
		task.Advance(len(t.paths), "images")
		return err
	}
	bad, err := images.Each(ctx, func(name string, img dataset.Image) error {
		t.add(name, unlabelled)
		batch = batch[:len(batch)+size]
		view.Whole(batch[len(batch)-size:], augment.Image(img))
		if len(batch) < cap(batch) {
			return nil
		}
		return encode()
	})
	if err == nil {
		err = encode()
	}
	if err == nil && len(t.paths) == 0 {
		err = fmt.Errorf("embed: %w: no image of %q can be decoded", dataset.ErrData, o.Images)
	}
	for _, b := range bad {
		o.Console.Warn("left out %s: %s", b.Path, b.Reason)
	}
	return t, append([]dataset.BadFile{}, bad...), err
}

// side is the side at which the encoder sees the images: data.image_size, or that of the weights' positions.
func (o Options) side() (int, error) {
	side := o.Config.Data.ImageSize
	if side == 0 && o.From != "" {
		file, err := weights.Open(o.From)
		if err != nil {
			return 0, err
		}
		shape, err := file.EncoderShape()
		if err != nil {
			return 0, err
		}
		side = shape.Side()
	}
	switch patch := o.Config.Model.PatchSize; {
	case side == 0:
		return 0, &config.Error{Key: "data.image_size", Problem: "0, and no weights tell it: set it to the side in pixels that the model shall see"}
	case side%patch != 0:
		return 0, &config.Error{Key: "model.patch_size", Problem: fmt.Sprintf("%d does not divide the images' side %d", patch, side)}
	}
	return side, nil
}
