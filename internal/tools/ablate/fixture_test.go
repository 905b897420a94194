package ablate

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"cmae/internal/method"
	"cmae/internal/recipe"
)

// tiny is a configuration of a fraction of a second: 40 images, 8 steps.
func tiny(t *testing.T) recipe.Pretrain {
	c := method.Default()
	c.Engine, c.Threads = "portable", 1
	c.Data.Limit, c.Data.CacheDir = 40, t.TempDir()
	c.Model.Dim, c.Model.Depth, c.Model.Heads, c.Model.PatchSize = 16, 1, 2, 7
	c.Decoder.Dim, c.Decoder.Depth = 16, 1
	c.Contrast.Hidden, c.Contrast.Out = 16, 8
	c.Optim.WarmupEpochs = 1
	c.Train.Epochs, c.Train.BatchSize, c.Train.CheckpointEvery, c.Train.KeepLast = 2, 10, 1, 1
	c.Probe.Epochs, c.Probe.WarmupEpochs, c.Probe.BatchSize, c.Probe.KNNK = 3, 1, 20, 5
	return c
}

// writeImages is a folder of images without labels.
func writeImages(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for i := range 40 {
		img := image.NewGray(image.Rect(0, 0, 28, 28))
		img.Pix[i] = 255
		var out bytes.Buffer
		if err := errors.Join(
			png.Encode(&out, img),
			os.WriteFile(filepath.Join(dir, fmt.Sprintf("%d.png", i)), out.Bytes(), 0o644),
		); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// twoByTwo is a sweep of two decoders and two seeds.
func twoByTwo(t *testing.T) Options {
	return Options{
		Name: "decoder", Base: tiny(t), Seeds: []uint64{1, 2},
		Out: filepath.Join(t.TempDir(), "out"),
		Cells: []Cell{
			{"transformer", []string{"decoder.kind=transformer"}},
			{"mlp", []string{"decoder.kind=mlp"}},
		},
	}
}

// stopAfter is a context that ends at the n-th look at it, whatever is being done then.
type stopAfter struct {
	context.Context
	left *int
}

func (s stopAfter) Err() error {
	if *s.left--; *s.left < 0 {
		return context.Canceled
	}
	return nil
}
