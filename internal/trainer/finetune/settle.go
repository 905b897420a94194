package finetune

import (
	"context"

	"cmae/internal/comm"
	"cmae/internal/config"
	"cmae/internal/dataset"
	"cmae/internal/recipe"
	"cmae/internal/report"
)

// Settle completes the settings c of a new run, which source gives over base: where the recipe is
// left to the program it counts the labels for that, and what source sets goes over the recipe that
// they ask for. All processes of a job call it.
func Settle(
	ctx context.Context, c, base recipe.Finetune, source config.Source, console *report.Console,
	p comm.Processes,
) (recipe.Finetune, error) {
	if c.Recipe == recipe.Full {
		return c, nil
	}
	var labels int
	err := comm.ByHost(p, func() (err error) {
		labels, err = countLabels(ctx, c, console)
		return err
	})
	if err != nil {
		return c, err
	}
	if c.Recipe == recipe.Auto && !c.Few(labels) {
		c.Recipe = recipe.Full
		return c, nil
	}
	c = base.Light(labels, c.Train.Epochs)
	source.Note = nil // which has been told
	err = comm.Agree(p, config.Load(&c, source))
	c.Recipe = recipe.Light
	return c, err
}

// countLabels opens the images of the settings, which decodes them where nobody has.
func countLabels(
	ctx context.Context, c recipe.Finetune, console *report.Console,
) (labels int, err error) {
	data, err := dataset.OpenWatched(ctx, c.Data, c.Seed, console)
	if err != nil {
		return 0, err
	}
	return data.Labelled().Train.Len(), nil
}
