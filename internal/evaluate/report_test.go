package evaluate_test

import (
	"context"
	"encoding/json"
	"math"
	"strings"
	"testing"

	"cmae/internal/evaluate"
	"cmae/internal/evaluate/evaltest"
	"cmae/internal/evaluate/features"
	"cmae/internal/evaluate/knn"
	"cmae/internal/evaluate/probe"
	"cmae/internal/recipe"
)

func trainer(t *testing.T, threads, classes int) probe.Trainer {
	c := recipe.DefaultProbe()
	c.Epochs, c.WarmupEpochs, c.BatchSize = 40, 2, 32
	return probe.Trainer{
		Config: c, Engine: evaltest.Engine(t, threads), Seed: 4, Classes: evaltest.Names(classes),
	}
}

func run(t *testing.T, p probe.Trainer, train, test features.Set) evaluate.Result {
	t.Helper()
	r, err := p.Cached(context.Background(), train, test)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestUnfitFeaturesAreRefused(t *testing.T) {
	good := evaltest.Clusters(20, 3, 2, 1, 1)
	change := func(f func(*features.Set)) features.Set {
		s := evaltest.Clusters(20, 3, 2, 1, 1)
		f(&s)
		return s
	}
	for _, test := range []struct {
		name        string
		train, test features.Set
		classes     int
		want        string
	}{
		{"one class", good, good, 1, "1 class"},
		{
			"no training images", features.Set{
				Encoder: good.Encoder, Feature: recipe.Mean, Dim: 3,
			}, good, 2,
			"training split has no images",
		},
		{"other width", good, evaltest.Clusters(20, 4, 2, 1, 1), 2, "different encoders"},
		{
			"other feature", good, change(func(s *features.Set) { s.Feature = recipe.Cls }), 2,
			"different encoders",
		},
		{
			"label out of range", good, change(func(s *features.Set) { s.Labels[3] = 2 }), 2,
			"test image 3 has label 2 of 2 classes",
		},
		{
			"NaN", change(func(s *features.Set) { s.Values[7] = float32(math.NaN()) }), good, 2,
			"training image 2 holds NaN",
		},
		{
			"values missing", good, change(func(s *features.Set) { s.Values = s.Values[:5] }), 2,
			"20 labels and 5 values",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, vote := knn.Vote(
				context.Background(), evaltest.Engine(t, 1), test.train, test.test, 3, .07,
				evaltest.Names(test.classes),
			)
			_, linear := trainer(t, 1, test.classes).Cached(
				context.Background(), test.train, test.test,
			)
			for _, err := range []error{vote, linear} {
				if err == nil || !strings.Contains(err.Error(), test.want) ||
					strings.Contains(err.Error(), "\n") {
					t.Errorf("got %v, want %q", err, test.want)
				}
			}
		})
	}
}

func TestReports(t *testing.T) {
	train, test := evaltest.Clusters(120, 4, 6, 2, 1), evaltest.Clusters(60, 4, 6, 2, 2)
	linear := run(t, trainer(t, 1, 6), train, test)
	linear.PerClass[2].Class = "up\x1b[A"
	vote, err := knn.Vote(
		context.Background(), evaltest.Engine(t, 1), train, test, 5, .07, evaltest.Names(6),
	)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name         string
		result       evaluate.Result
		json, absent string
		text         []string
	}{
		{
			"linear", linear, `"trials":[{"base_lr":20,"accuracy":`, `"knn":`,
			[]string{
				"linear probe (cached) of clusters", "best epoch", "rates tried", `up\x1b[A `,
			},
		},
		{
			"knn", vote, `"knn":{"k":5,"tau":0.07}`, `"curve":`,
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
