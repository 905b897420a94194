package trainer

import (
	"context"
	"fmt"
	"strings"

	"cmae/internal/comm"
	"cmae/internal/config"
	"cmae/internal/dataset"
	"cmae/internal/recipe"
)

// Normalise measures mean and deviation on the training images where the settings leave them
// empty, and gives the images that it opened for that, to be Options.Images, else nil. The same
// images give the same numbers, in every process and after a resume.
func Normalise(
	ctx context.Context, o Options, c recipe.Common, mean, std *[]float64,
) (*dataset.Data, error) {
	if len(*mean) > 0 {
		return nil, nil
	}
	if err := config.Check("data", c.Data); err != nil {
		return nil, err
	}
	var data *dataset.Data
	err := comm.ByHost(o.Processes, func() (err error) {
		data, err = dataset.OpenWithConsole(ctx, c.Data, c.Seed, o.Console)
		return err
	})
	if err != nil {
		return nil, err
	}
	stats := data.Train.Stats(dataset.StatsImages)
	*mean, *std = stats.Mean, stats.Std
	o.Console.Log(
		"augment.mean %s and augment.std %s, measured on %d of %d training images",
		list(stats.Mean), list(stats.Std), stats.Images, stats.Of,
	)
	return data, nil
}

// list is numbers as YAML has them.
func list(values []float64) string {
	return strings.ReplaceAll(fmt.Sprint(values), " ", ", ")
}
