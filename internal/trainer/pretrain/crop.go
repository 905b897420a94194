package pretrain

import (
	"context"
	"errors"

	"cmae/internal/contrastivecrop"
	"cmae/internal/dataset"
	"cmae/internal/dataset/loader"
	"cmae/internal/evaluate/features"
	"cmae/internal/rundir"
)

// cropBoxes is what bounds the crops of the current epoch: nothing before ContrastiveCrop is active
// (spec 4).
func (t *task) cropBoxes() func(image int) contrastivecrop.Box {
	if t.boxes == nil || !t.config.Crop.Active(t.run.At.Epoch, t.config.Train.Epochs) {
		return nil
	}
	return t.boxes.Lookup()
}

// truth are the true boxes of the images, where crop.source asks for them. Data without any is a
// *dataset.Error; a trial's images, which are made up, have none and need none.
func (t *task) truth(images loader.Source) (func(image int) (contrastivecrop.Box, bool), error) {
	set, ok := images.(*dataset.Set)
	if !ok || t.config.Crop.Source != contrastivecrop.Annotated {
		return nil, nil
	}
	missing := 0
	for i := range set.Len() {
		if _, ok := set.Box(i); !ok {
			missing++
		}
	}
	if missing == set.Len() {
		return nil, &dataset.Error{
			Path: t.config.Data.Path, Err: errors.New("no training image has a true box"),
			Remedy: "take another crop.source, or data that carries boxes, such as Tiny-ImageNet " +
				"in its original layout",
		}
	}
	if missing > 0 {
		t.run.Console.Warn(
			"%d of %d images have no true box: their crops lie anywhere", missing, set.Len(),
		)
	}
	return set.Box, nil
}

// refreshBoxes finds the boxes of all training images anew where the schedule says so before this
// epoch.
func (t *task) refreshBoxes(ctx context.Context) error {
	c := t.config
	if t.boxes == nil || t.run.At.InEpoch > 0 || t.refreshed == t.run.At.Epoch ||
		!c.Crop.ShouldRefresh(t.run.At.Epoch, c.Train.Epochs) {
		return nil
	}
	stats, err := t.findBoxes(ctx)
	if err != nil {
		return err
	}
	t.refreshed = t.run.At.Epoch
	t.run.Console.Log(
		"boxes: mean area %.3f, %.1f %% whole images, moved %.3f, %d without a heat map",
		stats.MeanArea, 100*stats.FullShare, stats.Movement, stats.Degenerate,
	)
	t.warnOfBoxes(stats, t.run.Images.Train.Len())
	return t.run.Log(rundir.Row{
		Event: "refresh", Step: t.run.At.Step, Epoch: t.run.At.Epoch, Values: map[string]float64{
			"boxes.mean_area": stats.MeanArea, "boxes.full_share": stats.FullShare,
			"boxes.movement": stats.Movement, "boxes.degenerate": float64(stats.Degenerate),
		},
	})
}

// warnOfBoxes says what of so many images' boxes leaves crops as they would be without: maps that
// show nothing, and boxes of nearly everything, which may have another cause too (spec 4).
func (t *task) warnOfBoxes(stats contrastivecrop.Stats, images int) {
	if 2*stats.Degenerate > images {
		t.run.Console.Warn(
			"%d of %d images have no usable heat map: their box is the whole image, and their "+
				"crops are plain",
			stats.Degenerate, images,
		)
	}
	if stats.MeanArea > contrastivecrop.Inert {
		t.run.Console.Warn(
			"boxes cover %.0f %% of the images: crops hardly differ from plain ones; raise "+
				"crop.threshold",
			100*stats.MeanArea,
		)
	}
}

// findBoxes finds the boxes of all images. If it is interrupted, the boxes stay as they were, and
// the resumed run looks at all images again.
func (t *task) findBoxes(ctx context.Context) (stats contrastivecrop.Stats, err error) {
	c := t.config
	x, err := features.NewIn(t.run.Replicas, t.run.Params, features.Config{
		Encoder: c.Encoder(), Side: t.run.Side, Batch: features.Batch,
		ComputeType: t.run.Choice.ComputeType,
		Momentum:    c.Crop.Net == contrastivecrop.Momentum, Maps: true,
		Rollout: c.Crop.Source == contrastivecrop.Rollout,
	})
	if err != nil {
		return stats, err
	}
	defer func() { err = errors.Join(err, x.Close()) }()
	refresh := t.boxes.Refresh(c.Crop)
	progress := t.run.Console.Begin("boxes", 0, t.run.Images.Train.Len())
	defer progress.End()
	loading := features.Loading{
		Augment: c.Augment, Fit: c.Data.Whole(), Loader: c.Loader,
		Processes: t.run.AllProcesses(),
		Progress:  func(done, _ int) { progress.Advance(done, "images") },
	}
	images := t.run.Images.Train
	if err := x.EachHeat(ctx, images, c.Crop, loading, refresh.Put); err != nil {
		return stats, err
	}
	return refresh.Commit(), nil
}
