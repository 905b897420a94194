package recipe

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"cmae/internal/config"
	"cmae/internal/fault"
)

// TestSettingsOfAnyRun: sections that all kinds of runs share are taken, of augment the
// normalisation; what is wrong in them is the file's fault.
func TestSettingsOfAnyRun(t *testing.T) {
	for _, row := range []struct{ name, text, want string }{
		{
			"pretraining",
			"seed: 5\ndata: {image_size: 24}\nmodel: {dim: 48}\naugment: {mean: [.1, .2, .3]}\nmask: {ratio: 0.5}",
			"",
		},
		{
			"finetuning",
			"seed: 5\ndata: {image_size: 24}\nmodel: {dim: 48}\naugment: {mean: [.1, .2, .3], randaugment: 9}\nmix: {mixup: 1}\noptim: {kind: lamb}",
			"",
		},
		{
			"nothing to normalise",
			"seed: 5\ndata: {image_size: 24}\nmodel: {dim: 48}\nmix: {mixup: 1}", "",
		},
		{
			"a ResNet",
			"seed: 5\ndata: {image_size: 24}\nmodel: {size: resnet18, stem: imagenet}\nmoco: {queue: 1}",
			"",
		},
		{"a shared section that is wrong", "mix: {}\nmodel: {heads: 5}", "model.heads"},
		{"an unknown key in one", "mix: {}\nmodel: {depths: 5}", "model.depths"},
		{"an alias", "mix: {}\nmodel: &m {depth: 5}\ndata: *m", "x.yaml"},
		{"no settings", "- 1\n- 2", "x.yaml"},
		{"no text", "a: [", "x.yaml"},
	} {
		t.Run(row.name, func(t *testing.T) {
			c, err := OfWeights("x.yaml", []byte(row.text))
			if row.want != "" {
				var usage *config.Error
				if !errors.Is(err, fault.Mismatch) || errors.As(err, &usage) ||
					!strings.Contains(err.Error(), row.want) {
					t.Errorf("got %v, want %q", err, row.want)
				}
				return
			}
			if err != nil || c.Seed != 5 || c.Data.ImageSize != 24 || c.Model.Dim != 48 &&
				c.Model.Stem != "imagenet" {
				t.Errorf("%v: %+v", err, c)
			}
			if c.Model.PatchSize != 4 {
				t.Errorf("patches of %d, which settings of before did not state", c.Model.PatchSize)
			}
			if strings.Contains(row.text, "mean") != slices.Equal(c.Augment.Mean, []float64{.1, .2, .3}) {
				t.Errorf("mean %v", c.Augment.Mean)
			}
		})
	}
}

// TestLoadForReaders: what only training cannot do is no matter; what no reader can is refused.
func TestLoadForReaders(t *testing.T) {
	c, err := LoadReader(
		DefaultPretrain(), config.Source{Set: []string{"model.size=resnet18", "train.epochs=1"}},
	)
	if err != nil || !c.Model.IsResNet() {
		t.Errorf("%v: %+v", err, c.Model)
	}
	var usage *config.Error
	for _, set := range []string{"threads=-1", "engine=abacus", "model.heads=5", "probe.epochs=0"} {
		if _, err := LoadReader(
			DefaultPretrain(), config.Source{Set: []string{set}},
		); !errors.As(err, &usage) {
			t.Errorf("%s: %v", set, err)
		}
	}
}
