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
	"testing"

	"cmae/internal/fault"
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
