// Package finetune trains a whole encoder with a classifier on labels (spec 5), from a pretrained
// one or from random weights, and judges it on the test images after every epoch.
//
// Letters: B images of a batch, S side of an image in pixels, N patches, C classes.
//
// Reading order: config.go (settings), finetune.go (a run), training.go (its steps and epochs,
// which package runs drives), mix.go (mixup and cutmix), step.go (the compiled step), droppath.go,
// judge.go (the test images), result.go.
package finetune

import (
	"fmt"

	"cmae/internal/comm"
	"cmae/internal/config"
	"cmae/internal/dataset"
	"cmae/internal/dataset/augment"
	"cmae/internal/dataset/loader"
	"cmae/internal/kernel/backend"
	"cmae/internal/machine"
	"cmae/internal/model"
	"cmae/internal/optim"
	"cmae/internal/trainer"
	"cmae/internal/trainer/pretrain"
)

// Config is everything that a finetuning run depends on, but for the weights that it starts from.
type Config struct {
	Seed      uint64              `yaml:"seed" doc:"every random draw of the run follows from it"`
	Engine    string              `yaml:"engine" doc:"what computes: auto, or the name of an engine"`
	Precision string              `yaml:"precision" doc:"auto, f32, or bf16 between the operations inside a block"`
	Threads   int                 `yaml:"threads" doc:"cores to use; 0 means all"`
	Lanes     int                 `yaml:"lanes" doc:"groups of threads that each compute a share of a batch by themselves; 0 means as many as pay"`
	Data      dataset.Config      `yaml:"data" doc:"the images"`
	Augment   augment.Supervised  `yaml:"augment" doc:"how a training image becomes a view"`
	Mix       MixConfig           `yaml:"mix" doc:"how a batch's images and labels are softened"`
	Loader    loader.Config       `yaml:"loader" doc:"how batches are made ahead"`
	Model     model.EncoderConfig `yaml:"model" doc:"the encoder"`
	Optim     optim.Config        `yaml:"optim" doc:"optimizer and schedule; the class token is not decayed here either"`
	Train     TrainConfig         `yaml:"train" doc:"the loop"`
}

// MixConfig is the `mix` section. A batch is mixed with itself in reverse order, all of it by one
// draw.
type MixConfig struct {
	Mixup      float64 `yaml:"mixup" doc:"alpha of mixup's Beta(alpha, alpha); 0 = no mixup"`
	Cutmix     float64 `yaml:"cutmix" doc:"alpha of cutmix's Beta(alpha, alpha); 0 = no cutmix"`
	Prob       float64 `yaml:"prob" doc:"probability that a batch is mixed"`
	SwitchProb float64 `yaml:"switch_prob" doc:"probability of cutmix where both are on"`
	Smoothing  float64 `yaml:"smoothing" doc:"label smoothing: share of the target spread over all classes"`
}

// TrainConfig is the `train` section.
type TrainConfig struct {
	Epochs          int     `yaml:"epochs" doc:"passes over the training images"`
	BatchSize       int     `yaml:"batch_size" doc:"images of one optimizer step"`
	Accumulate      int     `yaml:"accumulate" doc:"parts that a batch is computed in, to save memory; transformers only, as BatchNorm sees the whole batch"`
	LayerDecay      float64 `yaml:"layer_decay" doc:"learning rate of a layer (a transformer's block, a ResNet's stage) over that of the next one; the head has the full rate"`
	DropPath        float64 `yaml:"drop_path" doc:"transformer: probability of leaving out the last block's attention, and MLP, for an image; falls linearly to 0 at the first block"`
	Positions       bool    `yaml:"positions" doc:"transformer: train the position table too, without decay, as published finetuning does"`
	CheckpointEvery int     `yaml:"checkpoint_every" doc:"epochs between checkpoints; the last epoch and the best so far always have one"`
	KeepLast        int     `yaml:"keep_last" doc:"checkpoints to keep beside last and best; 0 keeps all"`
	JudgeEvery      int     `yaml:"judge_every" doc:"epochs between looks at the test images; the last epoch always has one"`
}

// Default is the recipe of spec 5 for the smallest encoder on the embedded images.
func Default() Config {
	return Config{
		Seed: 1, Engine: "auto", Precision: "auto",
		Data: dataset.Default(), Augment: augment.DefaultSupervised(), Loader: loader.Default(), Model: model.DefaultEncoder(),
		Mix:   MixConfig{Mixup: 0.8, Cutmix: 1, Prob: 1, SwitchProb: 0.5, Smoothing: 0.1},
		Optim: optim.DefaultFinetune(),
		Train: TrainConfig{
			Epochs: 100, BatchSize: 128, Accumulate: 1, LayerDecay: 0.65, DropPath: 0.1, Positions: true,
			CheckpointEvery: 5, KeepLast: 2, JudgeEvery: 1,
		},
	}
}

// For is Default with what a pretraining run says of its encoder, its images and its machine.
func For(pretrained pretrain.Config) Config {
	c := Default()
	c.Seed, c.Engine, c.Precision, c.Threads = pretrained.Seed, pretrained.Engine, pretrained.Precision, pretrained.Threads
	c.Data, c.Loader, c.Model = pretrained.Data, pretrained.Loader, pretrained.Model
	c.Augment.Mean, c.Augment.Std = pretrained.Augment.Mean, pretrained.Augment.Std
	if c.Model.IsResNet() { // which has no paths to drop, and whose published recipes know one rate
		c.Train.DropPath, c.Train.LayerDecay = 0, 1
	}
	return c
}

// LoadConfig reads the resolved settings of a finetuning run.
func LoadConfig(name string, text []byte) (Config, error) {
	c := Default()
	err := config.Decode(&c, name, text)
	return c, err
}

// Validate checks what involves several sections, each of which checks itself.
func (c Config) Validate() error {
	if err := backend.Check(c.Engine, c.Precision, c.Threads); err != nil {
		return err
	}
	switch {
	case c.Model.IsResNet() && c.Train.DropPath != 0:
		return fmt.Errorf(
			"train.drop_path: %g belongs to transformers; %s has no such paths, so set it to 0",
			c.Train.DropPath, c.Model.Size,
		)
	case c.Model.IsResNet() && !c.Train.Positions:
		return fmt.Errorf(
			"train.positions: %s has no position table to hold fixed; leave this out", c.Model.Size,
		)
	case c.Model.IsResNet() && c.Train.Accumulate > 1:
		return fmt.Errorf(
			"train.accumulate: BatchNorm of %s takes its statistics from the whole batch, so parts would train something else; set it to 1",
			c.Model.Size,
		)
	}
	if err := lanes.Check(c.Lanes, c.Train.BatchSize, c.Train.Accumulate); err != nil {
		return err
	}
	if c.Lanes > 1 && c.Model.IsResNet() {
		return fmt.Errorf(
			"lanes: BatchNorm of %s needs the whole batch in every layer; set it to 1",
			c.Model.Size,
		)
	}
	return c.Optim.ValidateEpochs(c.Train.Epochs)
}

// Validate checks ranges.
func (c MixConfig) Validate() error {
	for _, p := range []struct {
		key        string
		value, max float64
	}{{"mixup", c.Mixup, 100}, {"cutmix", c.Cutmix, 100}, {"prob", c.Prob, 1}, {"switch_prob", c.SwitchProb, 1}, {"smoothing", c.Smoothing, 1}} {
		if !(p.value >= 0 && p.value <= p.max) {
			return fmt.Errorf("mix.%s: %g must be 0 to %g", p.key, p.value, p.max)
		}
	}
	return nil
}

// Validate checks ranges.
func (c TrainConfig) Validate() error {
	switch {
	case c.Epochs < 1:
		return fmt.Errorf("train.epochs: %d must be at least 1", c.Epochs)
	case c.BatchSize < 1:
		return fmt.Errorf("train.batch_size: %d must be at least 1", c.BatchSize)
	case c.Accumulate < 1 || c.BatchSize%c.Accumulate != 0:
		return fmt.Errorf(
			"train.accumulate: %d must divide train.batch_size %d", c.Accumulate, c.BatchSize,
		)
	case !(c.LayerDecay > 0 && c.LayerDecay <= 1):
		return fmt.Errorf("train.layer_decay: %g must be above 0 and at most 1", c.LayerDecay)
	case !(c.DropPath >= 0 && c.DropPath < 1):
		return fmt.Errorf("train.drop_path: %g must be 0 or more and below 1", c.DropPath)
	case c.CheckpointEvery < 1 || c.JudgeEvery < 1:
		return fmt.Errorf(
			"train.checkpoint_every and train.judge_every: %d and %d must be at least 1",
			c.CheckpointEvery, c.JudgeEvery,
		)
	case c.KeepLast < 0:
		return fmt.Errorf("train.keep_last: %d must not be negative", c.KeepLast)
	}
	return trainer.CheckTrain(c.Epochs, c.BatchSize)
}

// check is ValidateData of open data, which must be fit to learn classes from and to be judged on.
func (c Config) check(side int, data *dataset.Data) error {
	if err := data.CheckJudging(); err != nil {
		return err
	}
	return c.ValidateData(side, data.Train.Len())
}

// ValidateData checks what depends on the data, side and number of the images, and whether this
// machine can hold a step at all.
func (c Config) ValidateData(side, images int) error {
	if err := c.Model.ValidateSide(side); err != nil {
		return err
	}
	if c.Train.BatchSize > images {
		return fmt.Errorf(
			"train.batch_size: %d is above the %d training images", c.Train.BatchSize, images,
		)
	}
	return c.Model.Demand(
		side, c.Train.BatchSize/c.Train.Accumulate, true,
	).Check(machine.MostMemory())
}
