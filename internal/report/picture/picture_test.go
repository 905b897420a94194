package picture

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"reflect"
	"testing"

	"cmae/internal/config"
	"cmae/internal/contrastivecrop"
	"cmae/internal/evaluate/encoder"
	"cmae/internal/evaluate/evaltest"
	"cmae/internal/method"
	"cmae/internal/trainer/pretrain"
)

type drawing func(context.Context, *encoder.Encoder, string, Sample) error

// A tile of a 16 px image is 96 px and stands 4 px from the next; the width follows from the number
// of columns, the height from that of rows.
func TestPicturesOfAModel(t *testing.T) {
	s := open(t, evaltest.SmallConfig(t, evaltest.BoxedFolder(t, 6)), "")
	for _, c := range []struct {
		name          string
		draw          drawing
		count         int
		rows, columns int
	}{
		{"reconstruct", Reconstructions, 2, 2, 4},
		{"attention", Attention, 2, 2, 1 + 2 + 2},
		{"pca", PCA, 2, 2, 2 + 3},
		{"crops", Crops, 3, 3, 3 + 2*cropsShown},
	} {
		path := filepath.Join(t.TempDir(), "new", c.name+".png")
		var first []byte
		for range 2 {
			if err := c.draw(
				context.Background(), s, path, Sample{Count: c.count, Seed: 3},
			); err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
			img, text := readPNG(t, path)
			if first != nil && !bytes.Equal(first, text) {
				t.Errorf("%s: the same picture has other bytes", c.name)
			}
			first = text
			width := plainGrid(c.columns).Rect.Dx()
			if got := img.Bounds().Dx(); got != width {
				t.Errorf("%s: %d px wide, want %d", c.name, got, width)
			}
			if got := img.Bounds().Dy(); got < c.rows*100+80 || got > c.rows*100+220 {
				t.Errorf("%s: %d px high for %d rows", c.name, got, c.rows)
			}
		}
	}
}

func TestPicturesOfARun(t *testing.T) {
	c := evaltest.SmallConfig(t, evaltest.BoxedFolder(t, 6))
	c.Crop.Net = contrastivecrop.Momentum
	run := filepath.Join(t.TempDir(), "one")
	if _, err := pretrain.Pretrain(
		context.Background(), pretrain.Options{Config: c, Run: run},
	); err != nil {
		t.Fatal(err)
	}
	for name, draw := range map[string]drawing{"attention": Attention, "crops": Crops} {
		path := filepath.Join(t.TempDir(), name+".png")
		if err := draw(context.Background(), open(t, c, run), path, Sample{Count: 2}); err != nil {
			t.Errorf("%s of the momentum encoder: %v", name, err)
		}
	}
	var settings *config.Error
	norm := c
	norm.Reconstruct.NormPix = !c.Reconstruct.NormPix
	if err := Reconstructions(
		context.Background(), open(t, norm, run), "never.png", Sample{Count: 1},
	); !errors.As(err, &settings) || settings.Key != "reconstruct.norm_pix" {
		t.Errorf("reconstruction with other targets than those of training: %v", err)
	}
}

// TestWithoutTestImages: pictures of what is left, which say so.
func TestWithoutTestImages(t *testing.T) {
	c := evaltest.SmallConfig(t, filepath.Join(evaltest.BoxedFolder(t, 6), "train"))
	s := open(t, c, "")
	shown, err := unseen(context.Background(), s, Sample{Count: 1})
	if err != nil {
		t.Fatal(err)
	}
	if data, _ := s.Data(context.Background()); shown.set != data.Train ||
		shown.what != "training images" || len(shown.captions) != 1 {
		t.Errorf("%s, %q", shown.what, shown.captions)
	}
	for name, draw := range map[string]drawing{
		"reconstruct": Reconstructions, "attention": Attention, "pca": PCA, "crops": Crops,
	} {
		path := filepath.Join(t.TempDir(), name+".png")
		if err := draw(context.Background(), s, path, Sample{Count: 2}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		readPNG(t, path)
	}
	c.Data.Holdout = 3
	s = open(t, c, "")
	if shown, err = unseen(context.Background(), s, Sample{Count: 1}); err != nil {
		t.Fatal(err)
	}
	if data, _ := s.Data(context.Background()); shown.set != data.Test ||
		shown.what != "held-out images" || shown.captions != nil {
		t.Errorf("held out: %s, %q", shown.what, shown.captions)
	}
}

func TestErrors(t *testing.T) {
	ctx := context.Background()
	plain := method.Default()
	plain.Data.Limit, plain.Engine, plain.Precision = 20, "portable", "f32"
	if err := Crops(
		ctx, open(t, plain, ""), filepath.Join(t.TempDir(), "a.png"), Sample{Count: 2},
	); err != nil {
		t.Errorf("crops without true boxes: %v", err)
	}
	var settings *config.Error
	plain.Reconstruct.Weight = 0
	if err := Reconstructions(
		ctx, open(t, plain, ""), "never.png", Sample{Count: 2},
	); !errors.As(err, &settings) {
		t.Errorf("reconstruct without a decoder: %v", err)
	}
	plain.Reconstruct.Weight, plain.Mask.Ratio = 1, .999
	if err := Reconstructions(
		ctx, open(t, plain, ""), "never.png", Sample{Count: 2},
	); !errors.As(err, &settings) {
		t.Errorf("a mask that hides everything: %v", err)
	}
	plain.Model.PatchSize = 5
	if err := Attention(
		ctx, open(t, plain, ""), "never.png", Sample{Count: 2},
	); !errors.As(err, &settings) {
		t.Errorf("patches that do not divide the image: %v", err)
	}
}

// Classes come in turn, images at most once, and the seed decides.
func TestPick(t *testing.T) {
	s := open(t, evaltest.SmallConfig(t, evaltest.BoxedFolder(t, 6)), "")
	data, err := s.Data(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	got := pick(data.Train, 5, 1, every)
	seen := map[int]bool{}
	labels := [2]int{}
	for _, i := range got {
		seen[i] = true
		labels[data.Train.Label(i)]++
	}
	if len(seen) != 5 || max(labels[0], labels[1]) != 3 {
		t.Errorf("picked %v, %v of each class", got, labels)
	}
	if reflect.DeepEqual(got, pick(data.Train, 5, 2, every)) {
		t.Error("another seed picks the same images")
	}
	if all := pick(data.Train, 99, 1, every); len(all) != data.Train.Len() {
		t.Errorf("%d of %d images", len(all), data.Train.Len())
	}
}
