package crops

import (
	"context"
	"errors"
	"math"
	"path/filepath"
	"reflect"
	"testing"

	"cmae/internal/contrastivecrop"
	"cmae/internal/evaluate/encoder"
	"cmae/internal/evaluate/evaltest"
	"cmae/internal/fault"
	"cmae/internal/method"
	"cmae/internal/recipe"
	"cmae/internal/trainer/pretrain"
)

func open(t testing.TB, c recipe.Pretrain, from string) *encoder.Encoder {
	t.Helper()
	e, err := encoder.Open(encoder.Options{Config: &c, From: from, Maps: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}

// TestBoxesOfARun: those of its checkpoint, as long as settings and images are the run's.
func TestBoxesOfARun(t *testing.T) {
	c := evaltest.SmallConfig(t, evaltest.BoxedFolder(t, 6))
	c.Crop.Net = contrastivecrop.Momentum
	run := filepath.Join(t.TempDir(), "one")
	summary, err := pretrain.Pretrain(context.Background(), pretrain.Options{Config: c, Run: run})
	if err != nil {
		t.Fatal(err)
	}
	e := open(t, c, run)
	if e.Title() != "one, step-2" {
		t.Errorf("title %q", e.Title())
	}
	score := func(e *encoder.Encoder, fresh bool) *Score {
		got, err := Run(context.Background(), e, Options{Crops: 2, Fresh: fresh})
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	saved := score(e, false)
	if saved.Boxes != FromCheckpoint || saved.Images != 12 || len(saved.Rows) != 5 ||
		!reflect.DeepEqual(saved, score(e, false)) {
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
	if again := score(e, true); again.Boxes != FromEncoder {
		t.Errorf("fresh boxes come from the %s", again.Boxes)
	}
	held := c
	held.Data.Holdout = 3
	if other := score(open(t, held, run), false); other.Boxes != FromEncoder {
		t.Error("boxes of other images were taken")
	}
	c.Crop.Alpha, c.Crop.Interval = 1, .25
	if again := score(open(t, c, run), false); again.Boxes != FromCheckpoint {
		t.Error("boxes are looked for anew though nothing that finds them has changed")
	}
	c.Crop.Source = contrastivecrop.Constant
	if fixed := score(open(t, c, run), false); fixed.Boxes != FromSettings ||
		fixed.BoxArea != .25 ||
		fixed.Rows[1].IoUMean != fixed.Rows[2].IoUMean {
		t.Errorf("constant boxes: %+v", fixed)
	}
	c.Crop.Source = contrastivecrop.Attention
	c.Crop.Threshold = .6
	if other := score(open(t, c, run), false); other.Boxes != FromEncoder {
		t.Error("boxes of another threshold were taken")
	}
}

func TestDataWithoutBoxes(t *testing.T) {
	c := method.Default()
	c.Data.Limit, c.Engine, c.Precision = 20, "portable", "f32"
	if _, err := Run(
		context.Background(), open(t, c, ""), Options{Crops: 1},
	); !errors.Is(err, fault.Data) {
		t.Errorf("score without true boxes: %v", err)
	}
}

// TestAnnotatedBoxes: a run may crop by the data's own boxes, and by every heat map.
func TestAnnotatedBoxes(t *testing.T) {
	c := evaltest.SmallConfig(t, evaltest.BoxedFolder(t, 6))
	c.Crop.Source = contrastivecrop.Annotated
	run := filepath.Join(t.TempDir(), "annotated")
	_, err := pretrain.Pretrain(context.Background(), pretrain.Options{Config: c, Run: run})
	if err != nil {
		t.Fatal(err)
	}
	score, err := Run(context.Background(), open(t, c, run), Options{Crops: 2})
	if err != nil {
		t.Fatal(err)
	}
	if score.Boxes != FromData || score.Rows[2].IoUMean < .6 {
		t.Errorf("true boxes are scored as %+v", score)
	}
	for _, c.Crop.Source = range contrastivecrop.Sources() {
		c.Crop.Rule = contrastivecrop.Otsu
		_, err := Run(context.Background(), open(t, c, run), Options{Crops: 1, Fresh: true})
		if err != nil {
			t.Errorf("%s: %v", c.Crop.Source, err)
		}
	}
	c.Data.Path, c.Crop.Source = "", contrastivecrop.Annotated
	c.Data.Limit = 20
	_, err = pretrain.Pretrain(
		context.Background(),
		pretrain.Options{Config: c, Run: filepath.Join(t.TempDir(), "without")},
	)
	if !errors.Is(err, fault.Data) {
		t.Errorf("data without boxes: %v", err)
	}
}
