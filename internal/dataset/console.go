package dataset

import (
	"context"
	"time"

	"cmae/internal/report"
)

// patience is how long files are listed before that is shown.
const patience = time.Second

// watch shows on a console how many files were listed, then how far decoding is.
type watch struct {
	console  *report.Console
	begun    time.Time
	task     *report.Task
	decoding bool
}

func newWatch(console *report.Console) *watch {
	return &watch{console: console, begun: time.Now()}
}

func (w *watch) listed(files int) {
	if w.task == nil {
		if time.Since(w.begun) < patience {
			return
		}
		w.task = w.console.Begin("list", 0, 0)
	}
	w.task.Advance(files, "files")
}

func (w *watch) decoded(done, total int) {
	if !w.decoding {
		w.task.End()
		w.task, w.decoding = w.console.Begin("decode", 0, total), true
	}
	w.task.Advance(done, "images")
}

func (w *watch) end() { w.task.End() }

// OpenWatched is Open in sight of a person: the console (nil for none) shows how far it is.
func OpenWatched(
	ctx context.Context, c Config, seed uint64, console *report.Console,
) (*Data, error) {
	w := newWatch(console)
	data, err := open(ctx, c, seed, w.listed, w.decoded)
	w.end()
	return data, err
}

// VerifyWatched is Verify in sight of a person.
func VerifyWatched(ctx context.Context, c Config, console *report.Console) (Report, error) {
	w := newWatch(console)
	r, err := verify(ctx, c, w.listed, w.decoded)
	w.end()
	return r, err
}

// OpenWithConsole is OpenWatched for a command: the console shows then what was found, and every
// file that was left out.
func OpenWithConsole(
	ctx context.Context, c Config, seed uint64, console *report.Console,
) (*Data, error) {
	data, err := OpenWatched(ctx, c, seed, console)
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
