// Package optim updates parameters: its settings (config.go), the learning-rate schedules
// (schedule.go), what optimizers have in common (optimizer.go), AdamW (adamw.go), SGD (sgd.go), the
// rates of layers (layerdecay.go); LARS for linear probes stands apart (lars.go).
package optim

import "cmae/internal/config"

// Kind names an optimizer.
type Kind string

// The optimizers.
const (
	KindAdamW Kind = "adamw"
	KindSGD   Kind = "sgd"
)

// Config is the `optim` section (spec 1.11 and 6). A number that the optimizer or the schedule does
// not have stays at its default: Validate refuses another value, so that none is silently ignored.
type Config struct {
	Kind         Kind      `yaml:"kind" choices:"adamw,sgd" doc:"adamw, or sgd (with momentum, for ResNets)"`
	BaseLR       float64   `yaml:"base_lr" above:"0" doc:"learning rate for a batch of 256; the rate used is base_lr * batch_size/256"`
	MinLR        float64   `yaml:"min_lr" min:"0" doc:"lowest learning rate: at the end of the cosine, or however many milestones are past"`
	WarmupEpochs float64   `yaml:"warmup_epochs" min:"0" doc:"epochs of linear warm-up from 0; where train.epochs is set after it (config, environment, --set) and it would take the whole run, a fourth of that"`
	Schedule     Schedule  `yaml:"schedule" choices:"cosine,step" doc:"after the warm-up: cosine, or step (times gamma at every milestone)"`
	Milestones   []float64 `yaml:"milestones" above:"0" doc:"step: epochs, or below 1 shares of all epochs, at which the rate falls"`
	Gamma        float64   `yaml:"gamma" above:"0" max:"1" doc:"step: factor of the rate at a milestone"`
	WeightDecay  float64   `yaml:"weight_decay" min:"0" doc:"decay of matrices and tokens; adamw's is apart from the gradient, sgd adds it to the gradient"`
	DecayAll     bool      `yaml:"decay_all" doc:"decay every parameter, biases and one-dimensional ones too, as MoCo does"`
	Momentum     float64   `yaml:"momentum" min:"0" below:"1" doc:"sgd: decay of the sum of gradients"`
	Beta1        float64   `yaml:"beta1" min:"0" below:"1" doc:"adamw: decay of the mean of gradients"`
	Beta2        float64   `yaml:"beta2" min:"0" below:"1" doc:"adamw: decay of the mean of squared gradients"`
	Eps          float64   `yaml:"eps" above:"0" doc:"adamw: added to the root of the second moment"`
	ClipNorm     float64   `yaml:"clip_norm" min:"0" doc:"largest norm of the whole gradient; 0 does not clip"`
}

// Default is the recipe of MAE.
func Default() Config {
	return Config{
		Kind: KindAdamW, BaseLR: 1e-3, WarmupEpochs: 2, Schedule: ScheduleCosine, Gamma: 0.1,
		WeightDecay: 0.05, Momentum: 0.9, Beta1: 0.9, Beta2: 0.95, Eps: 1e-8,
	}
}

// DefaultFinetune is the recipe with which MAE finetunes (spec 5).
func DefaultFinetune() Config {
	c := Default()
	c.BaseLR, c.MinLR, c.WarmupEpochs, c.Beta2 = 5e-4, 1e-6, 5, 0.999
	return c
}

// Validate checks that nothing is set which the optimizer or the schedule does not have.
func (c Config) Validate() error {
	if err := c.validateSchedule(); err != nil {
		return err
	}
	return c.foreign()
}

// foreign refuses a number of the optimizer that is not used, unless it is the default of
// pretraining or of finetuning.
func (c Config) foreign() error {
	d, f := Default(), DefaultFinetune()
	if c.Kind == KindAdamW {
		if c.Momentum != d.Momentum {
			return config.Faultf(
				"optim.momentum",
				"belongs to sgd; adamw has optim.beta1, so leave it out",
			)
		}
		return nil
	}
	for _, n := range []struct {
		key   string
		isSet bool
	}{
		{"optim.beta1", c.Beta1 != d.Beta1},
		{"optim.beta2", c.Beta2 != d.Beta2 && c.Beta2 != f.Beta2},
		{"optim.eps", c.Eps != d.Eps},
	} {
		if n.isSet {
			return config.Faultf(
				n.key, "belongs to adamw; sgd has optim.momentum, so leave it out",
			)
		}
	}
	return nil
}

// Clip is the factor that brings a gradient of the given norm within ClipNorm, 1 where it is within
// or clipping is off. Its 1e-6 is from PyTorch's clip_grad_norm_.
func (c Config) Clip(norm float64) float64 {
	if c.ClipNorm == 0 || norm <= c.ClipNorm {
		return 1
	}
	return c.ClipNorm / (norm + 1e-6)
}
