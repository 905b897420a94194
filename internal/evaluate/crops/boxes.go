package crops

import (
	"context"
	"fmt"

	"cmae/internal/contrastivecrop"
	"cmae/internal/dataset"
	"cmae/internal/evaluate/encoder"
	"cmae/internal/rundir"
	"cmae/internal/rundir/checkpoint"
)

// Where the boxes of a score or a picture come from.
const (
	FromCheckpoint = "checkpoint" // those that the run cropped by
	FromEncoder    = "encoder"    // found anew by the encoder as it is
	FromSettings   = "settings"   // crop.source constant: the central half of every image
	FromData       = "data"       // crop.source annotated: the true boxes
)

// Boxes gives the box of each of the training images at: those of the checkpoint if it has some and
// they belong to these images and settings, else as the encoder finds them now. The second result
// says which.
func Boxes(
	ctx context.Context, e *encoder.Encoder, at []int, fresh bool,
) (func(image int) contrastivecrop.Box, string, error) {
	data, err := e.Data(ctx)
	if err != nil {
		return nil, "", err
	}
	c := e.Config.Crop
	boxes := contrastivecrop.NewBoxes(data.Train.Len(), e.Side, c.Source, data.Train.Box)
	switch c.Source {
	case contrastivecrop.Constant:
		return boxes.Lookup(), FromSettings, nil
	case contrastivecrop.Annotated:
		return boxes.Lookup(), FromData, nil
	}
	if !fresh {
		saved, err := restore(e, data, boxes)
		if err != nil || saved {
			return boxes.Lookup(), FromCheckpoint, err
		}
	}
	refresh := boxes.Refresh(c)
	if err := e.EachHeat(ctx, data.Train, at, refresh.Put); err != nil {
		return nil, "", err
	}
	stats := refresh.Commit()
	if stats.Degenerate > 0 {
		e.Console.Warn(
			"%d of %d images have no usable heat map: their box is the whole image",
			stats.Degenerate, len(at),
		)
	}
	return boxes.Lookup(), FromEncoder, nil
}

// restore takes the boxes of the checkpoint and reports whether it did: not where the run has
// found none yet, and not where settings were changed since, so that they would be other images' or
// would be found in another way.
func restore(
	e *encoder.Encoder, data *dataset.Data, boxes *contrastivecrop.Boxes,
) (bool, error) {
	if !e.Config.Crop.Enabled {
		return false, nil
	}
	was, err := e.TrainedWith()
	if was == nil || err != nil || was.Crop.BoxSettings() != e.Config.Crop.BoxSettings() {
		return false, err
	}
	c, err := checkpoint.Load(e.File.Path)
	if err != nil || !c.TrainedOn(data.Train.Digest(), e.Side) {
		return false, err
	}
	found, err := rundir.RestoreBoxes(c, boxes)
	if err != nil {
		return false, fmt.Errorf("crops: %q: %w", e.File.Path, err)
	}
	return found, nil
}
