package runs

import (
	"context"

	"cmae/internal/augment"
	"cmae/internal/dataset"
	"cmae/internal/loader"
	"cmae/internal/report"
)

// OpenData opens the images of a run and tells the console how far it is and what was wrong.
func OpenData(ctx context.Context, c dataset.Config, seed uint64, console *report.Console) (*dataset.Data, error) {
	var task *report.Task
	data, err := dataset.Open(ctx, c, seed, func(done, total int) {
		if task == nil {
			task = console.Begin("decode", 0, total)
		}
		task.Advance(done, "images")
	})
	task.End()
	if err != nil {
		return nil, err
	}
	for _, w := range data.Report.Warnings {
		console.Warn("%s", w)
	}
	for _, b := range data.Report.Bad {
		console.Warn("left out %s: %s", b.Path, b.Reason)
	}
	return data, nil
}

// images is a decoded split as the loader reads it.
type images struct{ *dataset.Set }

// Images adapts a split for the loader.
func Images(s *dataset.Set) loader.Source { return images{s} }

// Image gives image i without copying.
func (s images) Image(i int) augment.Image { return augment.Image(s.Set.Image(i)) }
