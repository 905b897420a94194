package features_test

import (
	"context"
	"errors"
	"io"
	"reflect"
	"testing"

	"cmae/internal/dataset/augment"
	"cmae/internal/evaluate/evaltest"
	"cmae/internal/evaluate/features"
	"cmae/internal/graph/nn"
	"cmae/internal/kernel"
	"cmae/internal/kernel/portable"
	"cmae/internal/model"
	"cmae/internal/recipe"
)

func TestFeaturesAreWholeImagesInOrder(t *testing.T) {
	o := evaltest.Loading(2)
	var told []int
	o.Progress = func(done, total int) { told = append(told, done, total) }
	e := features.Pixels(3, 8)
	e.Batch = 4
	s, err := e.EncodeAll(context.Background(), evaltest.Shades(10), o)
	if err != nil {
		t.Fatal(err)
	}
	if s.Len() != 10 || s.Dim != 3*8*8 || !reflect.DeepEqual(told, []int{4, 10, 8, 10, 10, 10}) {
		t.Errorf("%d images of %d values, progress %v", s.Len(), s.Dim, told)
	}
	want := make([]float32, s.Dim)
	w := augment.NewWorkspace(o.Augment, 8)
	for i := range s.Len() {
		w.Whole(want, evaltest.Shades(10).Image(i), augment.Fit{})
		if !reflect.DeepEqual(s.Row(i), want) || s.Labels[i] != int32(i%3) {
			t.Errorf("image %d differs", i)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	o.Progress = func(int, int) { cancel() }
	if _, err := e.EncodeAll(ctx, evaltest.Shades(100), o); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	broken := e
	broken.Encode = func([]float32) ([]float32, error) { return nil, io.ErrUnexpectedEOF }
	if _, err := broken.EncodeAll(
		context.Background(), evaltest.Shades(10), evaltest.Loading(1),
	); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("broken encoder: %v", err)
	}
}

// TestFreeze: an odd number of images gives as many features, those of the extractor.
func TestFreeze(t *testing.T) {
	e := portable.New(1)
	defer e.Close()
	c := features.Config{
		Encoder: model.EncoderConfig{
			Size: "micro", PatchSize: 4, MLPRatio: 2, Dim: 8, Depth: 1, Heads: 2,
		},
		Side: 8, Batch: 4, ComputeType: kernel.F32,
	}
	x, err := features.New(nn.NewParams(e, kernel.F32, 1), c)
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	if _, err := features.Freeze("random", x, c, features.Raw); err == nil {
		t.Error("pixels were accepted as a feature of an encoder")
	}
	for feature, read := range map[recipe.Feature]func() []float32{
		recipe.Cls: x.Cls, recipe.Mean: x.Mean,
	} {
		frozen, err := features.Freeze("random", x, c, feature)
		if err != nil {
			t.Fatal(err)
		}
		s, err := frozen.EncodeAll(context.Background(), evaltest.Shades(7), evaltest.Loading(1))
		if err != nil {
			t.Fatal(err)
		}
		if s.Len() != 7 || s.Dim != 8 {
			t.Fatalf("%s: %d images of %d values", feature, s.Len(), s.Dim)
		}
		for j, v := range read()[:3*8] { // the extractor still holds the last batch: images 4 to 6
			if s.Values[4*8+j] != v {
				t.Fatalf("%s: value %d is %g, the extractor's %g", feature, j, s.Values[4*8+j], v)
			}
		}
	}
}
