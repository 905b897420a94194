package trainer

import (
	"context"

	"cmae/internal/comm"
	"cmae/internal/config"
	"cmae/internal/dataset"
	"cmae/internal/recipe"
	"cmae/internal/rundir"
	"cmae/internal/weights"
)

// Complete sets what the settings leave to the weights that the run starts from ("" for none) and
// to the images: the size of patches, mean and deviation. It gives the images, to be
// Options.Images, where it opened them, else nil. The same images give the same numbers, in every
// process and after a resume.
func Complete(
	ctx context.Context, o Options, c *recipe.Common, mean, std *[]float64, from string,
) (*dataset.Data, error) {
	sizes := c.Model.PatchSize == 0 && !c.Model.IsResNet()
	if sizes && from != "" {
		file, err := weights.Open(from)
		if err = comm.Agree(o.Processes, err); err != nil {
			return nil, err
		}
		shape, _ := file.EncoderShape() // 0 of another network, which is refused when it loads
		c.Model.PatchSize, sizes = shape.PatchSize, shape.PatchSize == 0
	}
	if sizes && c.Data.ImageSize > 0 {
		c.Model.PatchSize, sizes = c.Model.At(c.Data.ImageSize).PatchSize, false
	}
	if len(*mean) > 0 && !sizes {
		return nil, nil
	}
	data, err := openEarly(ctx, o, *c)
	if err != nil {
		return nil, err
	}
	if sizes {
		side, err := data.Side()
		if err != nil {
			return nil, err
		}
		c.Model.PatchSize = c.Model.At(side).PatchSize
	}
	if len(*mean) == 0 {
		stats := data.Train.Stats(dataset.StatsImages)
		*mean, *std = stats.Mean, stats.Std
		o.Console.Log(
			"augment.mean %s and augment.std %s, measured on %d of %d training images",
			config.List(stats.Mean), config.List(stats.Std), stats.Images, stats.Of,
		)
	}
	return data, nil
}

// openEarly opens the images, unless the run's folder is taken: nothing is decoded for that.
func openEarly(ctx context.Context, o Options, c recipe.Common) (data *dataset.Data, err error) {
	if err := config.Check("data", c.Data); err != nil {
		return nil, err
	}
	if comm.First(o.Processes) && o.Resume == rundir.ResumeNever {
		err = rundir.Folder(o.Folder).Free(o.Overwrite)
	}
	if err = comm.Agree(o.Processes, err); err != nil {
		return nil, err
	}
	err = comm.ByHost(o.Processes, func() (err error) {
		data, err = dataset.OpenWithConsole(ctx, c.Data, c.Seed, o.Console)
		return err
	})
	return data, err
}
