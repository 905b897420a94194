package picture

import (
	"bytes"
	"context"
	"errors"
	"math"
	"path/filepath"
	"reflect"
	"testing"

	"cmae/internal/config"
	"cmae/internal/contrastivecrop"
	"cmae/internal/fault"
	"cmae/internal/recipe"
	"cmae/internal/trainer/pretrain"
)

type drawing func(context.Context, *Subject, string, Sample) error

// A tile of a 16 px image is 96 px and stands 4 px from the next; the width follows from the number
// of columns, the height from that of rows.
func TestPicturesOfAModel(t *testing.T) {
	s := open(t, smallConfig(t, boxedFolder(t, 6)), "")
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
	c := smallConfig(t, boxedFolder(t, 6))
	c.Crop.Net = contrastivecrop.Momentum
	run := filepath.Join(t.TempDir(), "one")
	summary, err := pretrain.Pretrain(context.Background(), pretrain.Options{Config: c, Run: run})
	if err != nil {
		t.Fatal(err)
	}
	s := open(t, c, run)
	if s.Name != "one, step-2" {
		t.Errorf("name %q", s.Name)
	}
	score := func(s *Subject, fresh bool) *CropScore {
		got, err := ScoreCrops(context.Background(), s, ScoreOptions{Crops: 2, Fresh: fresh})
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	saved := score(s, false)
	if saved.Boxes != savedBoxes || saved.Images != 12 || len(saved.Rows) != 5 ||
		!reflect.DeepEqual(saved, score(s, false)) {
		t.Errorf("score of the checkpoint's boxes: %+v", saved)
	}
	// all training images are scored
	if summary.BoxArea == nil || math.Abs(*summary.BoxArea-saved.BoxArea) > 1e-9 {
		t.Errorf("boxes of mean area %g, and the run found %+v", saved.BoxArea, summary)
	}
	// true boxes are a quarter of the image
	if saved.TrueArea != .25 || saved.Rows[4].IoUMean != 1 || saved.Rows[0].IoUMedian != .25 {
		t.Errorf("true boxes: %+v", saved)
	}
	if again := score(s, true); again.Boxes != foundBoxes {
		t.Errorf("fresh boxes come from the %s", again.Boxes)
	}
	held := c
	held.Data.Holdout = 3
	if other := score(open(t, held, run), false); other.Boxes != foundBoxes {
		t.Error("boxes of other images were taken")
	}
	c.Crop.Alpha, c.Crop.Interval = 1, .25
	if again := score(open(t, c, run), false); again.Boxes != savedBoxes {
		t.Error("boxes are looked for anew though nothing that finds them has changed")
	}
	c.Crop.Source = contrastivecrop.Constant
	if fixed := score(open(t, c, run), false); fixed.Boxes != fixedBoxes || fixed.BoxArea != .25 ||
		fixed.Rows[1].IoUMean != fixed.Rows[2].IoUMean {
		t.Errorf("constant boxes: %+v", fixed)
	}
	c.Crop.Source = contrastivecrop.Attention
	var settings *config.Error
	norm := c
	norm.Reconstruct.NormPix = !c.Reconstruct.NormPix
	if err := Reconstructions(
		context.Background(), open(t, norm, run), "never.png", Sample{Count: 1},
	); !errors.As(err, &settings) || settings.Key != "reconstruct.norm_pix" {
		t.Errorf("reconstruction with other targets than those of training: %v", err)
	}
	c.Crop.Threshold = .6
	if other := score(open(t, c, run), false); other.Boxes != foundBoxes {
		t.Error("boxes of another threshold were taken")
	}
}

// TestWithoutTestImages: pictures of what is left, which say so.
func TestWithoutTestImages(t *testing.T) {
	c := smallConfig(t, filepath.Join(boxedFolder(t, 6), "train"))
	s := open(t, c, "")
	if set, what, captions := s.unseen(); set != s.Data.Train || what != "training images" ||
		len(captions) != 1 {
		t.Errorf("%s, %q", what, captions)
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
	if set, what, captions := s.unseen(); set != s.Data.Test || what != "held-out images" ||
		captions != nil {
		t.Errorf("held out: %s, %q", what, captions)
	}
}

func TestErrors(t *testing.T) {
	ctx := context.Background()
	plain := recipe.DefaultPretrain()
	plain.Data.Limit, plain.Engine, plain.Precision = 20, "portable", "f32"
	if _, err := ScoreCrops(
		ctx, open(t, plain, ""), ScoreOptions{Crops: 1},
	); !errors.Is(err, fault.Data) {
		t.Errorf("score without true boxes: %v", err)
	}
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
	if _, err := Open(ctx, Options{Config: plain}); !errors.As(err, &settings) {
		t.Errorf("patches that do not divide the image: %v", err)
	}
	if _, err := Open(
		ctx, Options{Config: plain, From: t.TempDir()},
	); !errors.Is(err, fault.Mismatch) {
		t.Errorf("a folder without a checkpoint: %v", err)
	}
}

// Classes come in turn, images at most once, and the seed decides.
func TestPick(t *testing.T) {
	s := open(t, smallConfig(t, boxedFolder(t, 6)), "")
	got := pick(s.Data.Train, 5, 1, every)
	seen := map[int]bool{}
	labels := [2]int{}
	for _, i := range got {
		seen[i] = true
		labels[s.Data.Train.Label(i)]++
	}
	if len(seen) != 5 || max(labels[0], labels[1]) != 3 {
		t.Errorf("picked %v, %v of each class", got, labels)
	}
	if reflect.DeepEqual(got, pick(s.Data.Train, 5, 2, every)) {
		t.Error("another seed picks the same images")
	}
	if all := pick(s.Data.Train, 99, 1, every); len(all) != s.Data.Train.Len() {
		t.Errorf("%d of %d images", len(all), s.Data.Train.Len())
	}
}
