package trainer

import (
	"context"

	"cmae/internal/dataset"
	"cmae/internal/loader"
	"cmae/internal/report"
	"cmae/internal/runs"
)

// OpenData opens the images of a configuration and tells the console how far it is and what was wrong.
func OpenData(ctx context.Context, c Config, console *report.Console) (*dataset.Data, error) {
	return runs.OpenData(ctx, c.Data, c.Seed, console)
}

// Images adapts a split for the loader.
func Images(s *dataset.Set) loader.Source { return runs.Images(s) }
