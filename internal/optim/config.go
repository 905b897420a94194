// Package optim updates parameters: the learning-rate schedule (config.go), AdamW over named groups (adamw.go).
package optim

import (
	"fmt"
	"math"
)

// Config is the `optim` section (spec 1.11).
type Config struct {
	BaseLR       float64 `yaml:"base_lr" doc:"learning rate for a batch of 256; the rate used is base_lr * batch_size/256"`
	MinLR        float64 `yaml:"min_lr" doc:"learning rate at the end of the cosine"`
	WarmupEpochs float64 `yaml:"warmup_epochs" doc:"epochs of linear warm-up from 0"`
	WeightDecay  float64 `yaml:"weight_decay" doc:"decay of matrices and tokens; biases and one-dimensional parameters have none"`
	Beta1        float64 `yaml:"beta1" doc:"decay of the mean of gradients"`
	Beta2        float64 `yaml:"beta2" doc:"decay of the mean of squared gradients"`
	Eps          float64 `yaml:"eps" doc:"added to the root of the second moment"`
	ClipNorm     float64 `yaml:"clip_norm" doc:"largest norm of the whole gradient; 0 does not clip"`
}

// Default is the recipe of MAE.
func Default() Config {
	return Config{BaseLR: 1e-3, WarmupEpochs: 2, WeightDecay: 0.05, Beta1: 0.9, Beta2: 0.95, Eps: 1e-8}
}

// Validate checks ranges.
func (c Config) Validate() error {
	for _, f := range []struct {
		key  string
		v    float64
		ok   bool
		must string
	}{
		{"base_lr", c.BaseLR, c.BaseLR > 0, "be positive"},
		{"min_lr", c.MinLR, c.MinLR >= 0, "not be negative"},
		{"warmup_epochs", c.WarmupEpochs, c.WarmupEpochs >= 0, "not be negative"},
		{"weight_decay", c.WeightDecay, c.WeightDecay >= 0, "not be negative"},
		{"beta1", c.Beta1, c.Beta1 >= 0 && c.Beta1 < 1, "lie in [0, 1)"},
		{"beta2", c.Beta2, c.Beta2 >= 0 && c.Beta2 < 1, "lie in [0, 1)"},
		{"eps", c.Eps, c.Eps > 0, "be positive"},
		{"clip_norm", c.ClipNorm, c.ClipNorm >= 0, "not be negative"},
	} {
		if !f.ok {
			return fmt.Errorf("optim.%s: %g must %s", f.key, f.v, f.must)
		}
	}
	return nil
}

// Rate is the peak learning rate for a batch.
func (c Config) Rate(batch int) float64 { return c.BaseLR * float64(batch) / 256 }

// RateAt is the learning rate of a step that begins at a fractional epoch: linear warm-up from 0, then half a cosine to MinLR.
func (c Config) RateAt(epoch float64, epochs, batch int) float64 {
	peak := c.Rate(batch)
	if epoch < c.WarmupEpochs {
		return peak * epoch / c.WarmupEpochs
	}
	progress := (epoch - c.WarmupEpochs) / (float64(epochs) - c.WarmupEpochs)
	return c.MinLR + (peak-c.MinLR)*(1+math.Cos(math.Pi*progress))/2
}
