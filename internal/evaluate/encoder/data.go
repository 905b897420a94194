package encoder

import (
	"context"

	"cmae/internal/comm"
	"cmae/internal/config"
	"cmae/internal/dataset"
	"cmae/internal/evaluate/features"
)

// Data opens the images of the settings, once. Side is theirs from then on.
func (e *Encoder) Data(ctx context.Context) (*dataset.Data, error) {
	if e.data != nil {
		return e.data, nil
	}
	c := e.Config
	var data *dataset.Data
	err := comm.ByHost(e.processes, func() (err error) {
		data, err = dataset.OpenWithConsole(ctx, c.Data, c.Seed, e.Console)
		return err
	})
	if err != nil {
		return nil, err
	}
	side, err := data.Side()
	if err == nil {
		err = e.setSide(side)
	}
	if err != nil {
		return nil, err
	}
	if a := &e.Config.Augment; len(a.Mean) == 0 {
		stats := data.Train.Stats(dataset.StatsImages)
		a.Mean, a.Std = stats.Mean, stats.Std
	}
	e.data = data
	return data, nil
}

// Labelled is Data for an evaluation. Images that cannot be evaluated on are fault.Data.
func (e *Encoder) Labelled(ctx context.Context) (*dataset.Data, error) {
	data, err := e.Data(ctx)
	if err == nil {
		data, err = data.Labelled(), data.CheckEvaluation()
	}
	if err == nil && data.Cut(e.Config.Data) != "" {
		e.Console.Log("%s", data.Cut(e.Config.Data))
	}
	return data, err
}

// KnownSide is the side in pixels at which images of no fixed size are seen: data.image_size, or
// the side of the images that the weights were trained on or that their positions are for. It is 0
// where nobody says it, as for some ResNets.
func (e *Encoder) KnownSide() (int, error) {
	switch {
	case e.Config.Data.ImageSize != 0 || e.File == nil:
		return e.Config.Data.ImageSize, nil
	case e.File.Side != 0 || e.Config.Model.IsResNet():
		return e.File.Side, nil
	}
	shape, err := e.File.EncoderShape()
	return shape.Side(), err
}

// SettleSide settles Side for images of no fixed size: KnownSide.
func (e *Encoder) SettleSide() (int, error) {
	side, err := e.KnownSide()
	if err == nil {
		err = e.setSide(side)
	}
	return side, err
}

// FixSide is SettleSide where a side must be known, and settles data.image_size.
func (e *Encoder) FixSide() error {
	side, err := e.KnownSide()
	if err != nil {
		return err
	}
	if side == 0 {
		return &config.Error{
			Key: "data.image_size",
			Problem: "0, and no weights tell it: set it to the side in pixels that the model " +
				"shall see",
		}
	}
	e.Config.Data.ImageSize = side
	return e.setSide(side)
}

// setSide refuses a side that the encoder cannot see, settles its patches, and brings the positions
// of the file to it.
func (e *Encoder) setSide(side int) error {
	if !e.pixels {
		if err := e.Config.Model.ValidateSide(side); err != nil {
			return config.Invalid(err)
		}
	}
	e.Config.Model.PatchSize = e.Config.Model.At(side).PatchSize
	e.Side = side
	if e.pixels || e.File == nil {
		return nil
	}
	note, err := e.File.FitPositions(side, e.Config.Model.PatchSize)
	if note != "" {
		e.Console.Warn("%s", note)
	}
	return err
}

// Grid is g, the patches a side of an image.
func (e *Encoder) Grid() int { return e.Side / e.Config.Model.PatchSize }

// Loading says how images reach the encoder.
func (e *Encoder) Loading() features.Loading {
	return features.Loading{
		Augment: e.Config.Augment, Fit: e.Config.Data.Whole(), Loader: e.Config.Loader,
		Processes: e.processes,
	}
}
