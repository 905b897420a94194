package backend_test

import (
	"context"
	"testing"

	"cmae/internal/kernel/backend"
	"cmae/internal/kernel/xla"
	"cmae/internal/method"
	"cmae/internal/rundir"
	"cmae/internal/trainer/pretrain"
	"cmae/internal/trainer/trainertest"
)

// TestProgramsResumeToTheSameBits: a run that stops in the middle of an epoch and goes on, with
// programs that are compiled or loaded anew, ends in the bits of one that did not stop. So does one
// whose loader is slower: whether a batch is uploaded ahead changes nothing.
func TestProgramsResumeToTheSameBits(t *testing.T) {
	e, err := backend.Engines().Open(xla.Name, "f32", 0)
	if err != nil {
		t.Skip(err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	c := method.Default()
	c.Model.Dim, c.Model.Depth, c.Model.Heads, c.Model.PatchSize = 16, 1, 2, 7
	c.Decoder.Dim, c.Decoder.Depth = 16, 1
	c.Contrast.Hidden, c.Contrast.Out, c.Contrast.QueueSize = 16, 8, 25
	c.Data.Limit, c.Data.CacheDir, c.Engine, c.Precision = 60, t.TempDir(), xla.Name, "f32"
	c.Train.Epochs, c.Train.BatchSize, c.Train.CheckpointEvery, c.Train.KeepLast = 2, 10, 1, 1
	c.Optim.WarmupEpochs = 0.5
	trainertest.SameBits(t, func(
		ctx context.Context, run string, resume rundir.Resume, workers int,
	) (any, error) {
		c.Loader.Workers = workers
		s, err := pretrain.Pretrain(ctx, pretrain.Options{Config: c, Run: run, Resume: resume})
		if err != nil {
			return nil, err
		}
		return s.Loss, nil
	}, []int{5})
}
