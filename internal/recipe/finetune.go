package recipe

import (
	"bytes"

	"cmae/internal/config"
	"cmae/internal/dataset/augment"
	"cmae/internal/optim"
)

// Finetune is everything that a finetuning run depends on, but for the weights that it starts from.
type Finetune struct {
	Recipe  FinetuneRecipe `yaml:"recipe" choices:"auto,full,light" doc:"what the other settings are where nobody sets them: full (MAE's recipe, for many labels and long runs) | light (little augmentation, nothing mixed, batches that leave steps enough) | auto (light where the labels are few)"`
	Common  `yaml:",inline"`
	Augment augment.Supervised `yaml:"augment" doc:"how a training image becomes a view"`
	Mix     Mix                `yaml:"mix" doc:"how a batch's images and labels are softened"`
	Train   FinetuneTrain      `yaml:"train" doc:"the loop"`
}

// Mix is the `mix` section. A batch is mixed with itself in reverse order, all of it by one draw.
type Mix struct {
	Mixup      float64 `yaml:"mixup" min:"0" max:"100" doc:"alpha of mixup's Beta(alpha, alpha); 0 = no mixup"`
	Cutmix     float64 `yaml:"cutmix" min:"0" max:"100" doc:"alpha of cutmix's Beta(alpha, alpha); 0 = no cutmix"`
	Prob       float64 `yaml:"prob" min:"0" max:"1" doc:"probability that a batch is mixed"`
	SwitchProb float64 `yaml:"switch_prob" min:"0" max:"1" doc:"probability of cutmix where both are on"`
	Smoothing  float64 `yaml:"smoothing" min:"0" max:"1" doc:"label smoothing: share of the target spread over all classes"`
}

// Mixes reports whether any batch is mixed.
func (m Mix) Mixes() bool { return m.Prob > 0 && m.Mixup+m.Cutmix > 0 }

// FinetuneTrain is the `train` section of finetuning.
type FinetuneTrain struct {
	Train        `yaml:",inline"`
	LayerDecay   float64      `yaml:"layer_decay" above:"0" max:"1" doc:"learning rate of a layer (a transformer's block, a ResNet's stage) over that of the next one; the head has the full rate"`
	DropPath     float64      `yaml:"drop_path" min:"0" below:"1" doc:"transformer: probability of leaving out the last block's attention, and MLP, for an image; falls linearly to 0 at the first block"`
	Positions    bool         `yaml:"positions" doc:"transformer: train the position table too, without decay, as published finetuning does"`
	InitHead     InitHead     `yaml:"init_head" choices:"probe,random" doc:"how a classifier begins that the weights don't bring: probe (as a linear probe on the encoder as it came) or random; random without weights"`
	ClassWeights ClassWeights `yaml:"class_weights" choices:"none,balanced" doc:"none | balanced (every class counts alike, however many images it has)"`
	EvalEvery    int          `yaml:"eval_every" was:"judge_every" min:"1" doc:"epochs between evaluations on the test images; the last epoch always has one"`
}

// InitHead says how a classifier begins that the weights do not bring.
type InitHead string

// As a linear probe on the frozen encoder, or at random.
const (
	HeadOfProbe InitHead = "probe"
	HeadRandom  InitHead = "random"
)

// DefaultFinetune is the recipe of spec 5 for the smallest encoder on the embedded images.
func DefaultFinetune() Finetune {
	c := Finetune{
		Recipe: Auto, Common: defaultCommon(), Augment: augment.DefaultSupervised(),
		Mix: Mix{Mixup: 0.8, Cutmix: 1, Prob: 1, SwitchProb: 0.5, Smoothing: 0.1},
		Train: FinetuneTrain{
			Train:      defaultTrain(100),
			LayerDecay: 0.65, DropPath: 0.1, Positions: true,
			InitHead: HeadOfProbe, ClassWeights: NoWeights, EvalEvery: 1,
		},
	}
	c.Optim = optim.DefaultFinetune()
	return c
}

// Preset brings the defaults for the chosen length of the run (see package config),
// and for the number of channels.
func (c *Finetune) Preset(chosen any) {
	to := chosen.(Finetune)
	c.Optim = c.Optim.Within(to.Train.Epochs)
	normalFor(to.Data.Channels, &c.Augment.Mean, &c.Augment.Std)
}

// Fit keeps the warm-up within a run that was made shorter (see package config).
func (c *Finetune) Fit(later func(path, than string) bool) {
	c.Common.fit(c.Train.Epochs, later)
}

// FinetuneFor is DefaultFinetune with what a pretraining run says of its encoder, its images and
// its engine. How replicas and processes divide a batch is left to the finetuning.
func FinetuneFor(pretrained Pretrain) Finetune {
	c, of := DefaultFinetune(), pretrained.Common
	c.Seed, c.Engine, c.Precision, c.Threads = of.Seed, of.Engine, of.Precision, of.Threads
	c.Data, c.Loader, c.Model = of.Data, of.Loader, of.Model
	c.Augment.Mean, c.Augment.Std = pretrained.Augment.Mean, pretrained.Augment.Std
	if c.Model.IsResNet() { // which has no paths to drop, and whose published recipes know one rate
		c.Train.DropPath, c.Train.LayerDecay = 0, 1
	}
	return c
}

// IsFinetune tells settings of finetuning from settings of pretraining: they have a section mix.
func IsFinetune(text []byte) bool {
	return bytes.HasPrefix(text, []byte("mix:")) || bytes.Contains(text, []byte("\nmix:"))
}

// LoadFinetune reads the resolved settings of a finetuning run.
func LoadFinetune(name string, text []byte) (Finetune, error) {
	c := DefaultFinetune()
	err := config.Decode(&c, name, text)
	return c, err
}

// Validate checks what involves several sections, each of which checks itself.
func (c Finetune) Validate() error {
	if err := c.CheckNormal(c.Augment.Mean, c.Augment.Std); err != nil {
		return err
	}
	switch {
	case c.Model.IsResNet() && c.Train.DropPath != 0:
		return config.Faultf(
			"train.drop_path",
			"%g belongs to transformers; %s has no such paths, so set it to 0",
			c.Train.DropPath, c.Model.Size,
		)
	case c.Model.IsResNet() && !c.Train.Positions:
		return config.Faultf(
			"train.positions",
			"%s has no position table to hold fixed; leave this out", c.Model.Size,
		)
	case c.Model.IsResNet() && c.Train.Accumulate > 1:
		return config.Faultf(
			"train.accumulate",
			"BatchNorm of %s takes its statistics from the whole batch, so microbatches would "+
				"train something else; set it to 1",
			c.Model.Size,
		)
	}
	if err := c.CheckReplicas(c.Train.Train, 1, c.Sharding()); err != nil {
		return err
	}
	return c.Optim.ValidateEpochs(c.Train.Epochs)
}

// ValidateData checks what depends on the data, side and number of the images.
func (c Finetune) ValidateData(side, images int) error {
	if err := c.Model.ValidateSide(side); err != nil {
		return err
	}
	return c.Train.FitsData(images)
}

// Fits checks whether memory of most bytes can hold a step at all.
func (c Finetune) Fits(side int, most float64) error {
	return c.Model.MinMemory(side, c.Train.Microbatch(), true).Check(most)
}
