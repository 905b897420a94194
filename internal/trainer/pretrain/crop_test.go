package pretrain

import (
	"context"
	"errors"
	"strings"
	"testing"

	"cmae/internal/contrastivecrop"
	"cmae/internal/report"
	"cmae/internal/rundir"
	"cmae/internal/rundir/checkpoint"
	"cmae/internal/trainer"
	"cmae/internal/trainer/trainertest"
)

// TestWarnOfBoxes: boxes of nearly the whole image are told of whether most maps are degenerate or
// not, and so are those.
func TestWarnOfBoxes(t *testing.T) {
	const degenerate, inert = "60 of 100 images have no usable heat map", "boxes cover 95 %"
	for _, c := range []struct {
		stats contrastivecrop.Stats
		want  []string
	}{
		{contrastivecrop.Stats{MeanArea: .5, Degenerate: 50}, nil},
		{contrastivecrop.Stats{MeanArea: .95}, []string{inert}},
		{contrastivecrop.Stats{MeanArea: .8, Degenerate: 60}, []string{degenerate}},
		{contrastivecrop.Stats{MeanArea: .95, Degenerate: 60}, []string{degenerate, inert}},
	} {
		var out strings.Builder
		task := task{run: &trainer.Run{Console: report.NewConsole(&out, false)}}
		task.warnOfBoxes(c.stats, 100)
		if strings.Count(out.String(), "warning: ") != len(c.want) {
			t.Errorf("%+v: %s", c.stats, out.String())
		}
		for _, want := range c.want {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%+v: no %q in %s", c.stats, want, out.String())
			}
		}
	}
}

// TestResumeAmidARefresh stops a run at batches of the pass over 300 images that finds the boxes:
// the checkpoint knows nothing of the pass, and the resumed run makes it again.
func TestResumeAmidARefresh(t *testing.T) {
	c := tiny(t)
	c.Data.Limit, c.Crop.Interval = 300, 1
	c.Train.Epochs, c.Train.BatchSize, c.Train.KNNEvery, c.Train.Best = 2, 100, 0, "loss"
	amid := 0
	trainertest.SameBits(t, func(
		ctx context.Context, run string, resume rundir.Resume, workers int,
	) (any, error) {
		c.Loader.Workers = workers
		s, err := Pretrain(ctx, Options{Config: c, Run: run, Resume: resume})
		var interrupted *trainer.Interrupted
		if errors.As(err, &interrupted) {
			m, readErr := checkpoint.ReadManifest(interrupted.Checkpoint)
			if readErr != nil {
				t.Fatal(readErr)
			}
			if m.Epoch == 1 && m.Position == 0 && m.Metrics["refreshed"] == -1 {
				amid++
			}
		}
		if err != nil {
			return nil, err
		}
		return s.Loss, nil
	}, []int{4}, []int{6, 0, 2}) // 3 steps, a look that the epoch is over, 3 batches
	if amid != 4 {
		t.Errorf("%d of the 4 stops were amid the refresh", amid)
	}
}
