package features

import (
	"context"
	"errors"
	"fmt"
	"io"

	"cmae/internal/comm"
	"cmae/internal/contrastivecrop"
	"cmae/internal/dataset/augment"
	"cmae/internal/dataset/loader"
)

// EachHeat calls visit with the raw heat map [N] of every image of a split, whole and in order: a
// place in it is the same fraction of the image. The encoder sees all of an image, its sides made
// equal or, with o.Fit's pad, in its shape. raw is valid during the call only. When ctx ends,
// EachHeat stops after the current batch.
func (x *Extractor) EachHeat(
	ctx context.Context, images loader.Source, c contrastivecrop.Config, o Loading,
	visit func(image int, raw []float32),
) error {
	if !comm.Several(o.Processes) {
		return x.eachHeat(ctx, images, c, o, visit)
	}
	var own []float32
	p := PartOf(o.Processes, images)
	err := x.eachHeat(ctx, p, c, o, func(_ int, raw []float32) { own = append(own, raw...) })
	if err = comm.Agree(o.Processes, err); err != nil {
		return err
	}
	all := Join(p, o.Processes, own)
	n := len(all) / images.Len()
	for image := range images.Len() {
		visit(image, all[image*n:(image+1)*n])
	}
	return nil
}

func (x *Extractor) eachHeat(
	ctx context.Context, images loader.Source, c contrastivecrop.Config, o Loading,
	visit func(image int, raw []float32),
) error {
	views := loader.Options{
		Mode: loader.Uncropped, Batch: x.config.Batch, Side: x.config.Side, Augment: o.Augment,
		Config: o.Loader,
	}
	padded := o.Fit.How == augment.FitPad
	if padded {
		views.Mode, views.Fit = loader.Whole, o.Fit
	}
	whole, err := loader.New(images, views)
	if err != nil {
		return fmt.Errorf("features: %w", err)
	}
	stream := whole.Start(ctx, 0, 0, nil)
	defer stream.Close()
	for done := 0; ; {
		if err := ctx.Err(); err != nil {
			return err
		}
		batch, err := stream.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = x.Run(batch.Query)
		}
		if err != nil {
			return err
		}
		raw := x.RawHeat(c)
		n := len(raw) / x.config.Batch
		for i := range batch.Count {
			index, heat := int(batch.Indices[i]), raw[i*n:(i+1)*n]
			if padded {
				img := images.Image(index)
				heat = unpadded(heat, augment.Padded(img.Width, img.Height, views.Side), views.Side)
			}
			visit(index, heat)
		}
		done += batch.Count
		batch.Release()
		if o.Progress != nil {
			o.Progress(done, images.Len())
		}
	}
}
