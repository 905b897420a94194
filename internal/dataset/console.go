package dataset

import (
	"context"

	"cmae/internal/report"
)

// OpenWithConsole is Open for a command: the console (nil for none) shows how far decoding is, then
// what was found, and every file that was left out.
func OpenWithConsole(
	ctx context.Context, c Config, seed uint64, console *report.Console,
) (*Data, error) {
	var task *report.Task
	data, err := Open(ctx, c, seed, func(done, total int) {
		if task == nil {
			task = console.Begin("decode", 0, total)
		}
		task.Advance(done, "images")
	})
	task.End()
	if err != nil {
		return nil, err
	}
	for _, n := range data.Report.Notes {
		console.Log("%s", n)
	}
	for _, w := range data.Report.Warnings {
		console.Warn("%s", w)
	}
	for _, b := range data.Report.Bad {
		if b.Substitute != "" {
			console.Warn("took %s in place of %s: %s", b.Substitute, b.Path, b.Reason)
			continue
		}
		console.Warn("left out %s: %s", b.Path, b.Reason)
	}
	return data, nil
}
