package trainer

import (
	"context"
	"errors"
	"io"

	"cmae/internal/contrastivecrop"
	"cmae/internal/features"
	"cmae/internal/loader"
)

// cropBoxes is what bounds the crops of the current epoch: nothing before ContrastiveCrop is active (spec 4).
func (t *trainer) cropBoxes() func(image int) contrastivecrop.Box {
	if t.boxes == nil || !t.config.Crop.Active(t.At.Epoch, t.config.Train.Epochs) {
		return nil
	}
	return t.boxes.Lookup()
}

// refreshBoxes finds the boxes of all training images anew where the schedule says so before this epoch.
func (t *trainer) refreshBoxes(ctx context.Context) error {
	c := t.config
	if t.boxes == nil || t.At.InEpoch > 0 || t.refreshed == t.At.Epoch || !c.Crop.ShouldRefresh(t.At.Epoch, c.Train.Epochs) {
		return nil
	}
	stats, err := t.findBoxes(ctx)
	if err != nil {
		return err
	}
	t.refreshed = t.At.Epoch
	t.Console.Log("boxes: mean area %.3f, %.1f %% whole images, moved %.3f, %d without a heat map",
		stats.MeanArea, 100*stats.FullShare, stats.Movement, stats.Degenerate)
	if stats.MeanArea > contrastivecrop.Inert {
		t.Console.Warn("boxes cover %.0f %% of the images: crops hardly differ from plain ones; raise crop.threshold", 100*stats.MeanArea)
	}
	boxes := BoxRow(stats)
	return t.Log(Row{Event: "refresh", Step: t.At.Step, Epoch: t.At.Epoch, Boxes: &boxes})
}

func (t *trainer) findBoxes(ctx context.Context) (contrastivecrop.Stats, error) {
	c := t.config
	var none contrastivecrop.Stats
	x, err := features.New(t.Params, features.Config{
		Encoder: c.Model.Resolved(), Side: t.Side, Batch: features.Batch, Inner: t.Choice.Inner,
		Momentum: c.Crop.Net == contrastivecrop.Momentum, Maps: true,
	})
	if err != nil {
		return none, err
	}
	defer x.Close()
	whole, err := loader.New(Images(t.Images.Train), loader.Options{
		Mode: loader.Whole, Seed: c.Seed, Batch: features.Batch, Side: t.Side, Augment: c.Augment, Config: c.Loader,
	})
	if err != nil {
		return none, err
	}
	stream := whole.Start(ctx, 0, 0, nil)
	defer stream.Close()
	refresh := t.boxes.Refresh(c.Crop.Threshold)
	patches := c.Architecture(t.Side).Patches()
	for {
		batch, err := stream.Next()
		if errors.Is(err, io.EOF) {
			return refresh.Commit(), nil
		}
		if err == nil {
			err = x.Run(batch.Query)
		}
		if err != nil {
			return none, err
		}
		heat := x.AttentionHeat
		if c.Crop.Source == contrastivecrop.Feature {
			heat = x.FeatureHeat
		}
		raw := heat()
		for i := range batch.Count {
			refresh.Put(int(batch.Indices[i]), raw[i*patches:(i+1)*patches])
		}
		batch.Release()
	}
}
