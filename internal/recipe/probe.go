package recipe

import (
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
	Feature      Feature      `yaml:"feature" json:"feature" choices:"cls,mean" doc:"cls (class token) | mean (of the patch tokens): what linear probe and kNN evaluate"`
	Protocol     Protocol     `yaml:"protocol" json:"protocol" choices:"cached,augmented" doc:"cached (whole images, encoded once) | augmented (resized crop and flip, encoded in every epoch): the linear probe's training images"`
	Epochs       int          `yaml:"epochs" json:"epochs" min:"1" max:"1000000" doc:"epochs of the linear probe"`
	BatchSize    int          `yaml:"batch_size" json:"batch_size" min:"2" doc:"images a step of the linear probe; the few left over are dropped, others in each epoch"`
	BaseLR       float64      `yaml:"base_lr" json:"base_lr" min:"0" doc:"LARS learning rate for a batch of 256; 0 = auto: the best of 20, 6.7, 2.2 and so on down to .1, as far as accuracy rises, on a fifth of the training images that is held back from the others to choose it. What was tried is in the result"`
	WarmupEpochs float64      `yaml:"warmup_epochs" json:"warmup_epochs" min:"0" doc:"epochs of linear warm-up from 0; half a cosine to 0 follows; where probe.epochs is set after it (config, environment, --set) and it would take the whole probe, a fourth of that"`
	ClassWeights ClassWeights `yaml:"class_weights" json:"class_weights" choices:"none,balanced" doc:"none | balanced (every class counts alike, however many images it has): the loss of the linear probe"`
	KNNK         int          `yaml:"knn_k" json:"knn_k" min:"1" doc:"neighbours that vote in kNN"`
	KNNTau       float64      `yaml:"knn_tau" json:"knn_tau" above:"0" doc:"temperature of kNN: a vote weighs exp(cosine / tau)"`
}

// DefaultProbe is spec 5 for small sets: features are cached.
func DefaultProbe() Probe {
	return Probe{
		Feature: Mean, Protocol: Cached, Epochs: 90, BatchSize: 256, WarmupEpochs: 10,
		ClassWeights: NoWeights, KNNK: 20, KNNTau: 0.07,
	}
}

// Fit keeps the warm-up within a probe that was made shorter (see package config): a fourth of it.
func (c *Probe) Fit(later func(path, than string) bool) {
	if later("probe.epochs", "probe.warmup_epochs") {
		c.WarmupEpochs = c.Schedule().Within(c.Epochs).WarmupEpochs
	}
}

// Validate checks that the warm-up lies within the epochs.
func (c Probe) Validate() error {
	if c.WarmupEpochs >= float64(c.Epochs) {
		return config.Faultf(
			"probe.warmup_epochs", "%g must be below probe.epochs %d", c.WarmupEpochs, c.Epochs,
		)
	}
	return nil
}

// Schedule gives the learning rate of every step; base_lr is no longer auto.
func (c Probe) Schedule() optim.Config {
	return optim.Config{BaseLR: c.BaseLR, WarmupEpochs: c.WarmupEpochs}
}
