package finetune

import (
	"context"

	"cmae/internal/config"
	"cmae/internal/dataset"
	"cmae/internal/recipe"
	"cmae/internal/report"
)

// Settle makes the settings of a new run: those of source over base. Where the recipe is left to
// the program it counts the labels for that, and what source sets goes over the recipe that they
// ask for.
func Settle(
	ctx context.Context, base recipe.Finetune, source config.Source, console *report.Console,
) (recipe.Finetune, error) {
	c := base
	if err := config.Load(&c, source); err != nil || c.Recipe == recipe.Full {
		return c, err
	}
	labels, err := countLabels(ctx, c, console)
	if err != nil {
		return c, err
	}
	if c.Recipe == recipe.Auto && !c.Few(labels) {
		c.Recipe = recipe.Full
		return c, nil
	}
	c = base.Light(labels, c.Train.Epochs)
	source.Note = nil // which has been told
	if err := config.Load(&c, source); err != nil {
		return c, err
	}
	c.Recipe = recipe.Light
	return c, nil
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
