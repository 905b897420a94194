package model

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"cmae/internal/config"
)

// ReconstructConfig is the `reconstruct` section: L_con of the paper (spec 1.9).
type ReconstructConfig struct {
	Weight  float64 `yaml:"weight" doc:"weight of the reconstruction loss; 0 leaves it and the decoder out"`
	NormPix bool    `yaml:"norm_pix" doc:"normalise each target patch by its own mean and variance"`
}

// MaskConfig is the `mask` section.
type MaskConfig struct {
	Ratio float64 `yaml:"ratio" doc:"share of patches hidden from the encoder"`
}

// Visible is the number of patches of n that stay visible.
func (c MaskConfig) Visible(n int) int { return int(float64(n) * (1 - c.Ratio)) }

// ContrastConfig is the `contrast` section: L_ctr of the paper (spec 1.6, 1.7).
type ContrastConfig struct {
	Weight           float64 `yaml:"weight" doc:"weight of the contrastive loss; 0 leaves it and the momentum encoder out"`
	Tau              float64 `yaml:"tau" doc:"temperature of InfoNCE"`
	Momentum         float64 `yaml:"momentum" doc:"momentum of the key encoder at the start"`
	MomentumSchedule string  `yaml:"momentum_schedule" doc:"cosine (to 1 at the end) or constant"`
	QueueSize        int     `yaml:"queue_size" doc:"past keys used as negatives; 0 uses the other images of the batch"`
	Symmetric        bool    `yaml:"symmetric" doc:"also contrast with the views swapped, and average"`
	Predictor        bool    `yaml:"predictor" doc:"a prediction head on the query, as in MoCo-v3"`
	ScaleByTau       bool    `yaml:"scale_2tau" doc:"multiply the loss by 2 tau, as in MoCo-v3"`
	Pool             string  `yaml:"pool" doc:"what the projector sees: mean, cls (of the visible pass) or mean+cls"`
	Query            string  `yaml:"query" doc:"tokens of the query: restored (visible and masked passes) or visible"`
	Key              string  `yaml:"key" doc:"tokens of the key: split (two masked passes), full (one whole pass) or visible"`
	Hidden           int     `yaml:"hidden" doc:"hidden width of the projector; 0 means 4096 from width 768 on, 4 times the width below (moco-v2: the width)"`
	Out              int     `yaml:"out" doc:"width of a key"`
	Layers           int     `yaml:"layers" doc:"linear layers of the projector"`
	Groups           int     `yaml:"groups" doc:"moco-v1 and moco-v2: parts of the batch whose BatchNorm statistics are apart, in place of shuffling over devices; 1 has one"`
	FreezePatches    bool    `yaml:"freeze_patches" doc:"MoCo on a transformer: keep the first, random patch embedding, which makes training stabler"`
}

// DefaultContrast is spec 1.6 and 1.7.
func DefaultContrast() ContrastConfig {
	return ContrastConfig{
		Weight: 1, Tau: 0.2, Momentum: 0.99, MomentumSchedule: "cosine",
		Pool: "mean", Query: "restored", Key: "split", Out: 256, Layers: 3, Groups: 1,
	}
}

// HiddenFor is the hidden width of the projector for an encoder of width dim.
func (c ContrastConfig) HiddenFor(dim int) int {
	switch {
	case c.Hidden > 0:
		return c.Hidden
	case dim >= 768:
		return 4096
	}
	return 4 * dim
}

// MoCo2Hidden is the hidden width of MoCo-v2's head on features of width dim: the same, as
// published, unless set.
func (c ContrastConfig) MoCo2Hidden(dim int) int {
	if c.Hidden > 0 {
		return c.Hidden
	}
	return dim
}

// MomentumAt is m at step t of total: 1 - (1-m0)(1+cos(pi t/T))/2, or m0 throughout (spec 1.2).
func (c ContrastConfig) MomentumAt(t, total int) float64 {
	if c.MomentumSchedule == "constant" {
		return c.Momentum
	}
	return 1 - (1-c.Momentum)*(1+math.Cos(math.Pi*float64(t)/float64(total)))/2
}

// Validate checks ranges and choices.
func (c ContrastConfig) Validate() error {
	switch {
	case c.Tau <= 0:
		return fmt.Errorf("contrast.tau: %g must be positive", c.Tau)
	case c.Momentum < 0 || c.Momentum > 1:
		return fmt.Errorf("contrast.momentum: %g must lie between 0 and 1", c.Momentum)
	case c.QueueSize < 0:
		return fmt.Errorf("contrast.queue_size: %d must not be negative", c.QueueSize)
	case c.Hidden < 0 || c.Out < 1:
		return fmt.Errorf(
			"contrast.hidden and contrast.out: %d and %d must be positive", c.Hidden, c.Out,
		)
	case c.Layers < 1 || c.Groups < 1:
		return fmt.Errorf(
			"contrast.layers and contrast.groups: %d and %d must be at least 1", c.Layers, c.Groups,
		)
	}
	return firstError(
		config.AtMost(
			config.Most{Key: "contrast.queue_size", Value: c.QueueSize, Limit: mostKeys},
			config.Most{Key: "contrast.hidden", Value: c.Hidden, Limit: mostHidden},
			config.Most{Key: "contrast.out", Value: c.Out, Limit: mostHidden},
			config.Most{Key: "contrast.layers", Value: c.Layers, Limit: mostBlocks},
		),
		weight("contrast.weight", c.Weight),
		choice("contrast.momentum_schedule", c.MomentumSchedule, "cosine", "constant"),
		choice("contrast.pool", c.Pool, "mean", "cls", "mean+cls"),
		choice("contrast.query", c.Query, "restored", "visible"),
		choice("contrast.key", c.Key, "split", "full", "visible"),
	)
}

// Validate checks the weight.
func (c ReconstructConfig) Validate() error { return weight("reconstruct.weight", c.Weight) }

// Validate checks the range.
func (c MaskConfig) Validate() error {
	if c.Ratio <= 0 || c.Ratio >= 1 {
		return fmt.Errorf("mask.ratio: %g must lie between 0 and 1", c.Ratio)
	}
	return nil
}

func weight(key string, w float64) error {
	if w < 0 {
		return fmt.Errorf("%s: %g must not be negative", key, w)
	}
	return nil
}

func choice[S ~string](key string, got S, valid ...S) error {
	if slices.Contains(valid, got) {
		return nil
	}
	names := make([]string, len(valid))
	for i, v := range valid {
		names[i] = string(v)
	}
	return fmt.Errorf("%s: %q is not one of %s", key, got, strings.Join(names, ", "))
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
