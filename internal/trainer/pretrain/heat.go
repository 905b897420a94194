package pretrain

import (
	"context"
	"errors"
	"io"

	"cmae/internal/contrastivecrop"
	"cmae/internal/dataset/loader"
	"cmae/internal/evaluate/features"
	"cmae/internal/recipe"
	"cmae/internal/report"
)

// Heat is an encoder that looks at whole images to find their objects (spec 4).
type Heat struct {
	Encoder *features.Extractor // with Maps
	Batch   int                 // images that it takes at a time
	Side    int                 // S
	Config  recipe.Pretrain     // of which crop.source, augment and loader matter here
	Console *report.Console
}

// Each calls visit with the raw heat map [N] of every image of a source, in order. raw is valid
// during the call only. When ctx ends, Each stops after the current batch.
func (h Heat) Each(
	ctx context.Context, images loader.Source, visit func(image int, raw []float32),
) error {
	whole, err := loader.New(images, loader.Options{
		Mode: loader.Uncropped, Batch: h.Batch, Side: h.Side, Augment: h.Config.Augment, Config: h.Config.Loader,
	})
	if err != nil {
		return err
	}
	stream := whole.Start(ctx, 0, 0, nil)
	defer stream.Close()
	task := h.Console.Begin("boxes", 0, images.Len())
	defer task.End()
	for done := 0; ; {
		if err := ctx.Err(); err != nil {
			return err
		}
		batch, err := stream.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = h.Encoder.Run(batch.Query)
		}
		if err != nil {
			return err
		}
		raw := RawHeat(h.Config.Crop, h.Encoder)
		n := len(raw) / h.Batch
		for i := range batch.Count {
			visit(int(batch.Indices[i]), raw[i*n:(i+1)*n])
		}
		done += batch.Count
		batch.Release()
		task.Advance(done, "images")
	}
}

// RawHeat reads the heat maps [B,N] of an extractor that has run: those of its features if
// crop.source says so, else those of its attention.
func RawHeat(crop contrastivecrop.Config, x *features.Extractor) []float32 {
	if crop.Source == contrastivecrop.Feature {
		return x.FeatureHeat()
	}
	return x.AttentionHeat()
}
