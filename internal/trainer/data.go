package trainer

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/google/renameio/v2"

	"cmae/internal/dataset"
	"cmae/internal/dataset/augment"
	"cmae/internal/dataset/loader"
	"cmae/internal/report"
	"cmae/internal/rundir/checkpoint"
)

// OpenData opens the images of a run and reports progress and bad files to the console.
func OpenData(
	ctx context.Context, c dataset.Config, seed uint64, console *report.Console,
) (*dataset.Data, error) {
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

// recordBad writes the list of bad files, a line each, where there are any.
func (s *Session) recordBad() error {
	bad := s.Images.Report.Bad
	if len(bad) == 0 {
		return nil
	}
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	for _, b := range bad {
		if err := e.Encode(b); err != nil {
			return fmt.Errorf("run: bad files: %w", err)
		}
	}
	if err := renameio.WriteFile(s.folder.File(badFiles), text.Bytes(), 0o644); err != nil {
		return fmt.Errorf("run: bad files: %w", err)
	}
	return nil
}

// The splits that a checkpoint has digests of.
const trainSplit, testSplit = "train", "test"

// digests identify the images that a resume must find unchanged: those that the run learns from
// and, if it judges itself, those that it is judged on.
func (s *Session) digests() map[string]string {
	d := map[string]string{trainSplit: s.Images.Train.Digest()}
	if s.JudgesItself {
		d[testSplit] = s.Images.Test.Digest()
	}
	return d
}

// TrainedOn says whether a run that saved c learns from these images at side pixels. It is false
// for a checkpoint from before there were digests.
func TrainedOn(c *checkpoint.Checkpoint, train *dataset.Set, side int) bool {
	return c.Side == side && c.Data[trainSplit] == train.Digest()
}

// sameImages refuses a resume on other images than those of the checkpoint. It cannot tell with old
// checkpoints, which have no digests.
func (s *Session) sameImages(saved map[string]string) error {
	for split, now := range s.digests() {
		if before, ok := saved[split]; ok && before != now {
			return fmt.Errorf("%w: the images of the %s split are not those that the run began with: files were added, removed, renamed or changed; "+
				"bring them back, or start another run with --init-from", ErrUsage, split)
		}
	}
	return nil
}

// images is a decoded split as the loader reads it.
type images struct{ *dataset.Set }

// Images adapts a split for the loader.
func Images(s *dataset.Set) loader.Source { return images{s} }

// Image gives image i without copying.
func (s images) Image(i int) augment.Image { return augment.Image(s.Set.Image(i)) }
