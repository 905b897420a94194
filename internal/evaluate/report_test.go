package evaluate

import (
	"context"
	"encoding/json"
	"math"
	"strings"
	"testing"

	"cmae/internal/evaluate/features"
	"cmae/internal/graph/nn"
	"cmae/internal/kernel"
	"cmae/internal/kernel/portable"
	"cmae/internal/model"
	"cmae/internal/recipe"
)

func TestUnfitFeaturesAreRefused(t *testing.T) {
	good := clusters(20, 3, 2, 1, 1)
	change := func(f func(*FeatureSet)) FeatureSet {
		s := clusters(20, 3, 2, 1, 1)
		f(&s)
		return s
	}
	for _, test := range []struct {
		name        string
		train, test FeatureSet
		classes     int
		want        string
	}{
		{"one class", good, good, 1, "1 class"},
		{
			"no training images", FeatureSet{Encoder: good.Encoder, Feature: recipe.Mean, Dim: 3}, good, 2,
			"training split has no images",
		},
		{"other width", good, clusters(20, 4, 2, 1, 1), 2, "different encoders"},
		{
			"other feature", good, change(func(s *FeatureSet) { s.Feature = recipe.Cls }), 2,
			"different encoders",
		},
		{
			"label out of range", good, change(func(s *FeatureSet) { s.Labels[3] = 2 }), 2,
			"test image 3 has label 2 of 2 classes",
		},
		{
			"NaN", change(func(s *FeatureSet) { s.Values[7] = float32(math.NaN()) }), good, 2,
			"training image 2 holds NaN",
		},
		{
			"values missing", good, change(func(s *FeatureSet) { s.Values = s.Values[:5] }), 2,
			"20 labels and 5 values",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, knn := KNN(
				context.Background(), engine(t, 1), test.train, test.test, 3, .07,
				names(test.classes),
			)
			_, linear := probe(t, 1, test.classes).Cached(
				context.Background(), test.train, test.test,
			)
			for _, err := range []error{knn, linear} {
				if err == nil || !strings.Contains(err.Error(), test.want) ||
					strings.Contains(err.Error(), "\n") {
					t.Errorf("got %v, want %q", err, test.want)
				}
			}
		})
	}
}

func TestReports(t *testing.T) {
	train, test := clusters(120, 4, 6, 2, 1), clusters(60, 4, 6, 2, 2)
	linear := run(t, probe(t, 1, 6), train, test)
	linear.PerClass[2].Class = "up\x1b[A"
	knn, err := KNN(context.Background(), engine(t, 1), train, test, 5, .07, names(6))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name         string
		result       Result
		json, absent string
		text         []string
	}{
		{
			"linear", linear, `"trials":[{"base_lr":20,"accuracy":`, `"knn":`,
			[]string{
				"linear probe (cached) of clusters", "best epoch", "rates tried", `"up\x1b[A"`,
			},
		},
		{
			"knn", knn, `"knn":{"k":5,"tau":0.07}`, `"curve":`,
			[]string{"kNN of clusters", "k 5, tau 0.07", "class 2  "},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			data, err := json.Marshal(c.result)
			if err != nil || !strings.Contains(string(data), c.json) ||
				strings.Contains(string(data), c.absent) {
				t.Errorf("%s, %v", data, err)
			}
			if !strings.Contains(string(data), `"accuracy":`) ||
				!strings.Contains(string(data), `"per_class":[{"class":"class 0","correct":`) {
				t.Errorf("%s", data)
			}
			var text strings.Builder
			if err := c.result.WriteText(&text); err != nil {
				t.Fatal(err)
			}
			for _, want := range c.text {
				if !strings.Contains(text.String(), want) {
					t.Errorf("no %q in\n%s", want, text.String())
				}
			}
		})
	}
}

// TestNewEncoder: an odd number of images gives as many features, those of the extractor.
func TestNewEncoder(t *testing.T) {
	e := portable.New(1)
	defer e.Close()
	c := features.Config{
		Encoder: model.EncoderConfig{
			Size: "micro", PatchSize: 4, MLPRatio: 2, Dim: 8, Depth: 1, Heads: 2,
		},
		Side: 8, Batch: 4, Inner: kernel.F32,
	}
	x, err := features.New(nn.NewParams(e, kernel.F32, 1), c)
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	if _, err := NewEncoder("random", x, c, Raw); err == nil {
		t.Error("pixels were accepted as a feature of an encoder")
	}
	for feature, read := range map[recipe.Feature]func() []float32{recipe.Cls: x.Cls, recipe.Mean: x.Mean} {
		encoder, err := NewEncoder("random", x, c, feature)
		if err != nil {
			t.Fatal(err)
		}
		s, err := Features(context.Background(), encoder, shades(7), dataOptions(1))
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
