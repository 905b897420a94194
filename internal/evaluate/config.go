package evaluate

import (
	"fmt"
	"math"

	"cmae/internal/optim"
)

// Feature says what of the encoder's output stands for an image.
type Feature string

// The features of a transformer, after its final LayerNorm; Raw is no choice of a user's but what Pixels reports.
const (
	Cls  Feature = "cls"    // the class token
	Mean Feature = "mean"   // the mean of the patch tokens
	Raw  Feature = "pixels" // normalised pixels, the baseline without any encoder
)

// Protocol says which images the linear probe learns from.
type Protocol string

// The protocols.
const (
	Cached    Protocol = "cached"    // whole images, encoded once
	Augmented Protocol = "augmented" // resized crops and flips, encoded anew in every epoch
)

// Config is the `probe` section.
type Config struct {
	Feature      Feature  `yaml:"feature" json:"feature" doc:"cls (class token) | mean (of the patch tokens): what linear probe and kNN judge"`
	Protocol     Protocol `yaml:"protocol" json:"protocol" doc:"cached (whole images, encoded once) | augmented (resized crop and flip, encoded in every epoch): the linear probe's training images"`
	Epochs       int      `yaml:"epochs" json:"epochs" doc:"epochs of the linear probe"`
	BatchSize    int      `yaml:"batch_size" json:"batch_size" doc:"images a step of the linear probe; the few left over are dropped, others in each epoch"`
	BaseLR       float64  `yaml:"base_lr" json:"base_lr" doc:"LARS learning rate for a batch of 256; 0 = auto: the published .1 of ImageNet's 1,281,167 images, times (1,281,167/n)^1.25 for n fewer, whom .1 leaves far from converged; at most 20, in a step too; at most 20 n/(50 D) for features of D values, which fit noise sooner the more they are, or 512,000/(n epochs) where that is more. The rate in effect is in the result"`
	WarmupEpochs float64  `yaml:"warmup_epochs" json:"warmup_epochs" doc:"epochs of linear warm-up from 0; half a cosine to 0 follows"`
	KNNK         int      `yaml:"knn_k" json:"knn_k" doc:"neighbours that vote in kNN"`
	KNNTau       float64  `yaml:"knn_tau" json:"knn_tau" doc:"temperature of kNN: a vote weighs exp(cosine / tau)"`
}

// Default is spec 5 for small sets: features are cached.
func Default() Config {
	return Config{Feature: Mean, Protocol: Cached, Epochs: 90, BatchSize: 256, WarmupEpochs: 10, KNNK: 20, KNNTau: 0.07}
}

// Validate checks ranges and choices; it returns the first fault.
func (c Config) Validate() error {
	switch {
	case c.Feature != Cls && c.Feature != Mean:
		return fmt.Errorf("probe.feature: %q is not one of %s, %s", c.Feature, Cls, Mean)
	case c.Protocol != Cached && c.Protocol != Augmented:
		return fmt.Errorf("probe.protocol: %q is not one of %s, %s", c.Protocol, Cached, Augmented)
	case c.Epochs < 1:
		return fmt.Errorf("probe.epochs: %d must be at least 1", c.Epochs)
	case c.BatchSize < 2:
		return fmt.Errorf("probe.batch_size: %d must be at least 2 (BatchNorm compares images)", c.BatchSize)
	case !(c.BaseLR >= 0) || math.IsInf(c.BaseLR, 1):
		return fmt.Errorf("probe.base_lr: %g must be positive, or 0 for auto", c.BaseLR)
	case !(c.WarmupEpochs >= 0 && c.WarmupEpochs < float64(c.Epochs)):
		return fmt.Errorf("probe.warmup_epochs: %g must be 0 or more and below probe.epochs %d", c.WarmupEpochs, c.Epochs)
	case c.KNNK < 1:
		return fmt.Errorf("probe.knn_k: %d must be at least 1", c.KNNK)
	case !(c.KNNTau > 0) || math.IsInf(c.KNNTau, 1):
		return fmt.Errorf("probe.knn_tau: %g must be positive", c.KNNTau)
	}
	return nil
}

// The published rate and the training images of ImageNet that it was tuned on, then what auto makes of them.
const (
	publishedLR    = 0.1
	publishedCount = 1_281_167
	autoPower      = 1.25
	largestAutoLR  = 20
	imagesPerValue = 50
	shortestWay    = 512_000 // base_lr * n * epochs that moves weights by ten times their length
)

// ResolvedLR is BaseLR, or what auto stands for with n training images of dim values and a batch.
//
// LARS moves the weights by rate * Trust * |weights| a step, so their way over a run is proportional to base_lr * n * epochs, whatever the
// batch. At .1 that way is too short for small sets: 5,000 Fashion-MNIST images on a random encoder reach .38, exact logistic regression
// .76; 20,000 of CIFAR-10 reach .29 of .46. The power 1 would keep the published way; 1.25 also makes up for there being fewer steps to go
// it in (CIFAR: .45 at 10, .46 at 20). Above 20, or with steps above 20, weights outgrow their gradients and the loss rises. With few
// images a value a probe that converges fits noise, there being no weight decay: raw pixels of CIFAR reach .37 at 18 and .39 at 2.
func (c Config) ResolvedLR(n, dim, batch int) float64 {
	if c.BaseLR > 0 {
		return c.BaseLR
	}
	images := float64(n)
	auto := publishedLR * math.Pow(publishedCount/images, autoPower)
	few := max(largestAutoLR*images/float64(imagesPerValue*dim), shortestWay/(images*float64(c.Epochs)))
	return max(publishedLR, min(auto, few, largestAutoLR, largestAutoLR*256/float64(batch)))
}

// schedule gives the rate of every step.
func (c Config) schedule(n, dim, batch int) optim.Config {
	return optim.Config{BaseLR: c.ResolvedLR(n, dim, batch), WarmupEpochs: c.WarmupEpochs}
}
