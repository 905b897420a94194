package judge

import (
	"context"
	"fmt"

	"cmae/internal/config"
	"cmae/internal/dataset"
	"cmae/internal/dataset/augment"
	"cmae/internal/evaluate/features"
	"cmae/internal/fault"
	"cmae/internal/model"
	"cmae/internal/weights"
)

// OpenFor is OpenEncoder for images without labels, at side data.image_size (see Side), with
// batches no larger than there are images.
func OpenFor(o Options, images *dataset.Images) (*Subject, error) {
	o.Batch = min(features.Batch, images.Len())
	return OpenEncoder(o, o.Config.Data.ImageSize)
}

// Side is the side in pixels at which the encoder sees images that have none of their own:
// data.image_size, or that of the images of its run, or that of the weights' positions.
func (o Options) Side() (int, error) {
	side := o.Config.Data.ImageSize
	if side == 0 && o.From != "" {
		file, err := weights.Open(o.From)
		if err != nil {
			return 0, err
		}
		if side, err = SideOf(file, o.Config.Model); err != nil {
			return 0, err
		}
	}
	if side == 0 {
		return 0, &config.Error{
			Key:     "data.image_size",
			Problem: "0, and no weights tell it: set it to the side in pixels that the model shall see",
		}
	}
	return side, nil
}

// SideOf is the side in pixels of the images that the weights were trained on, 0 for a ResNet of
// which nobody says it.
func SideOf(file *weights.File, c model.EncoderConfig) (int, error) {
	if file.Side != 0 || c.IsResNet() {
		return file.Side, nil
	}
	shape, err := file.EncoderShape()
	return shape.Side(), err
}

// Each encodes images without labels, whole, batch by batch: however many there are, few are in
// memory. visit gets the feature of each in their order, valid until it returns. Files that were
// left out are returned.
func (s *Subject) Each(
	ctx context.Context, images *dataset.Images, visit func(name string, feature []float32),
) ([]dataset.BadFile, error) {
	task := s.options.Console.Begin("encode", 0, images.Len())
	defer task.End()
	side, done := s.Encoder.Side, 0
	view, size := augment.NewWorkspace(s.options.Config.Augment, side), 3*side*side
	batch, names := make([]float32, 0, s.Encoder.Batch*size), []string{}
	encode := func() error {
		if len(names) == 0 {
			return nil
		}
		f, err := s.Encoder.Encode(batch)
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
		view.Whole(batch[len(batch)-size:], augment.Image(img))
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
			"judge: %w: none of the %d images can be decoded", fault.Data, images.Len(),
		)
	}
	for _, w := range images.Warnings() {
		s.options.Console.Warn("%s", w)
	}
	for _, b := range bad {
		s.options.Console.Warn("left out %s: %s", b.Path, b.Reason)
	}
	return append([]dataset.BadFile{}, bad...), err
}
