package recipe

import (
	"fmt"
	"math"

	"cmae/internal/config"
	"cmae/internal/optim"
)

// Feature says what of the encoder's output stands for an image.
type Feature string

// The features of a transformer, after its final LayerNorm.
const (
	Cls  Feature = "cls"  // the class token
	Mean Feature = "mean" // the mean of the patch tokens
)

// Protocol says which images the linear probe learns from.
type Protocol string

// The protocols.
const (
	Cached    Protocol = "cached"    // whole images, encoded once
	Augmented Protocol = "augmented" // resized crops and flips, encoded anew in every epoch
)

// Probe is the `probe` section.
type Probe struct {
	Feature      Feature  `yaml:"feature" json:"feature" doc:"cls (class token) | mean (of the patch tokens): what linear probe and kNN judge"`
	Protocol     Protocol `yaml:"protocol" json:"protocol" doc:"cached (whole images, encoded once) | augmented (resized crop and flip, encoded in every epoch): the linear probe's training images"`
	Epochs       int      `yaml:"epochs" json:"epochs" doc:"epochs of the linear probe"`
	BatchSize    int      `yaml:"batch_size" json:"batch_size" doc:"images a step of the linear probe; the few left over are dropped, others in each epoch"`
	BaseLR       float64  `yaml:"base_lr" json:"base_lr" doc:"LARS learning rate for a batch of 256; 0 = auto: the best of 20, 6.7, 2.2 and so on down to .1, as far as accuracy rises, on a fifth of the training images that is held back from the others to choose it. What was tried is in the result"`
	WarmupEpochs float64  `yaml:"warmup_epochs" json:"warmup_epochs" doc:"epochs of linear warm-up from 0; half a cosine to 0 follows"`
	KNNK         int      `yaml:"knn_k" json:"knn_k" doc:"neighbours that vote in kNN"`
	KNNTau       float64  `yaml:"knn_tau" json:"knn_tau" doc:"temperature of kNN: a vote weighs exp(cosine / tau)"`
}

// DefaultProbe is spec 5 for small sets: features are cached.
func DefaultProbe() Probe {
	return Probe{
		Feature: Mean, Protocol: Cached, Epochs: 90, BatchSize: 256, WarmupEpochs: 10, KNNK: 20,
		KNNTau: 0.07,
	}
}

// Validate checks ranges and choices; it returns the first fault.
func (c Probe) Validate() error {
	switch {
	case c.Feature != Cls && c.Feature != Mean:
		return fmt.Errorf("probe.feature: %q is not one of %s, %s", c.Feature, Cls, Mean)
	case c.Protocol != Cached && c.Protocol != Augmented:
		return fmt.Errorf("probe.protocol: %q is not one of %s, %s", c.Protocol, Cached, Augmented)
	case c.Epochs < 1:
		return fmt.Errorf("probe.epochs: %d must be at least 1", c.Epochs)
	case c.BatchSize < 2:
		return fmt.Errorf(
			"probe.batch_size: %d must be at least 2 (BatchNorm compares images)", c.BatchSize,
		)
	case !(c.BaseLR >= 0) || math.IsInf(c.BaseLR, 1):
		return fmt.Errorf("probe.base_lr: %g must be positive, or 0 for auto", c.BaseLR)
	case !(c.WarmupEpochs >= 0 && c.WarmupEpochs < float64(c.Epochs)):
		return fmt.Errorf(
			"probe.warmup_epochs: %g must be 0 or more and below probe.epochs %d", c.WarmupEpochs,
			c.Epochs,
		)
	case c.KNNK < 1:
		return fmt.Errorf("probe.knn_k: %d must be at least 1", c.KNNK)
	case !(c.KNNTau > 0) || math.IsInf(c.KNNTau, 1):
		return fmt.Errorf("probe.knn_tau: %g must be positive", c.KNNTau)
	}
	return config.AtMost(config.Most{Key: "probe.epochs", Value: c.Epochs, Limit: optim.MostEpochs})
}

// Schedule gives the learning rate of every step; base_lr is no longer auto.
func (c Probe) Schedule() optim.Config {
	return optim.Config{BaseLR: c.BaseLR, WarmupEpochs: c.WarmupEpochs}
}
