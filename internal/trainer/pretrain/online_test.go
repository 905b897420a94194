package pretrain

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cmae/internal/dataset"
	"cmae/internal/fault"
	"cmae/internal/rundir"
)

// shades is a folder of labelled images: a class for black, one for white.
func shades(t *testing.T, splits ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, split := range splits {
		for class, shade := range map[string]uint8{"black": 0, "white": 255} {
			at := filepath.Join(dir, split, class)
			if err := os.MkdirAll(at, 0o755); err != nil {
				t.Fatal(err)
			}
			for i := range 12 {
				img := image.NewGray(image.Rect(0, 0, 28, 28))
				for p := range img.Pix {
					img.SetGray(p%28, p/28, color.Gray{Y: shade ^ uint8((p*(i+3))%40)})
				}
				f, err := os.Create(filepath.Join(at, fmt.Sprintf("%s%d.png", split, i)))
				if err == nil {
					err = errors.Join(png.Encode(f, img), f.Close())
				}
				if err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	return dir
}

// TestKNNOfOtherImages: kNN while it trains may be measured on other images than those trained on,
// which must have labels and a test split.
func TestKNNOfOtherImages(t *testing.T) {
	c := tiny(t)
	c.Train.Epochs, c.Train.KNNPath, c.Probe.KNNK = 2, shades(t, "train", "val"), 5
	s, err := Pretrain(
		context.Background(), Options{Config: c, Run: filepath.Join(t.TempDir(), "run")},
	)
	if err != nil {
		t.Fatal(err)
	}
	if s.KNNAccuracy == nil || *s.KNNAccuracy < .9 { // which ten kinds of clothes would not have
		t.Errorf("kNN: %v", s.KNNAccuracy)
	}
	c.Train.KNNPath = shades(t, "train")
	_, err = Pretrain(
		context.Background(), Options{Config: c, Run: filepath.Join(t.TempDir(), "run")},
	)
	if !errors.Is(err, fault.Data) {
		t.Errorf("without test images: %v", err)
	}
}

// TestKNNOfImagesWithoutTheRun: a run on images without labels or test split evaluates itself on
// others, and a resume must find these unchanged, in one process as in two.
func TestKNNOfImagesWithoutTheRun(t *testing.T) {
	c := tiny(t)
	c.Data.Path, c.Data.Limit, c.Data.Format = shades(t, ""), 0, dataset.ImageFiles
	c.Train.BatchSize, c.Train.Epochs, c.Optim.WarmupEpochs = 12, 1, 0
	c.Train.KNNPath, c.Probe.KNNK = shades(t, "train", "val"), 5
	run := filepath.Join(t.TempDir(), "run")
	together(t, c, 2, run, rundir.ResumeNever)
	c.Train.Epochs = 2
	if s := together(t, c, 1, run, rundir.ResumeLast); s.KNNAccuracy == nil {
		t.Error("kNN was not measured")
	}
	c.Train.Epochs = 3
	removed := filepath.Join(c.Train.KNNPath, "train", "white", "train3.png")
	if err := os.Remove(removed); err != nil {
		t.Fatal(err)
	}
	_, err := Pretrain(t.Context(), Options{Config: c, Run: run, Resume: rundir.ResumeLast})
	if !errors.Is(err, fault.Usage) || !strings.Contains(err.Error(), "labelled train split") {
		t.Errorf("other labelled images: %v", err)
	}
}
