// Package recipe is what users set: everything that a run depends on, of pretraining and of
// finetuning. A section whose meaning belongs to one package keeps its struct there (model, optim,
// augment); this package puts the sections together and checks what involves several of them.
//
// Reading order: recipe.go (what all recipes have in common), pretrain.go, method.go (what each
// method makes of a pretraining), finetune.go, probe.go (how an encoder is evaluated), reader.go
// (the settings that come with weights).
package recipe

import (
	"fmt"

	"cmae/internal/comm"
	"cmae/internal/config"
	"cmae/internal/dataset"
	"cmae/internal/dataset/loader"
	"cmae/internal/kernel/backend"
	"cmae/internal/model"
	"cmae/internal/optim"
)

// Common are the settings that pretraining and finetuning share.
type Common struct {
	Seed      uint64              `yaml:"seed" doc:"every random draw of the run follows from it"`
	Engine    string              `yaml:"engine" doc:"what computes: auto, or the name of an engine"`
	Precision string              `yaml:"precision" doc:"auto, f32, or bf16 between the operations inside a block"`
	Threads   int                 `yaml:"threads" doc:"cores to use; 0 means all"`
	Lanes     int                 `yaml:"lanes" doc:"groups of threads that each compute a share of a batch by themselves; 0 means as many as pay"`
	Data      dataset.Config      `yaml:"data" doc:"the images"`
	Loader    loader.Config       `yaml:"loader" doc:"how batches are made ahead"`
	Model     model.EncoderConfig `yaml:"model" doc:"the encoder"`
	Optim     optim.Config        `yaml:"optim" doc:"optimizer and schedule"`
}

func defaultCommon() Common {
	return Common{
		Seed: 1, Engine: "auto", Precision: "auto", Data: dataset.Default(),
		Loader: loader.Default(), Model: model.DefaultEncoder(), Optim: optim.Default(),
	}
}

// Validate checks what computes. Each section checks itself.
func (c Common) Validate() error { return backend.Check(c.Engine, c.Precision, c.Threads) }

// Train are the settings of the loop that pretraining and finetuning share.
type Train struct {
	Epochs          int `yaml:"epochs" doc:"passes over the training images"`
	BatchSize       int `yaml:"batch_size" doc:"images of one optimizer step"`
	Accumulate      int `yaml:"accumulate" doc:"microbatches that a batch is computed in, to save memory; 1 where a loss or BatchNorm needs the whole batch, as with contrast and in ResNets"`
	CheckpointEvery int `yaml:"checkpoint_every" doc:"epochs between checkpoints; the last epoch and the best so far always have one"`
	KeepLast        int `yaml:"keep_last" doc:"checkpoints to keep beside last and best; 0 keeps all"`
}

// mostBatch is the largest batch that a run may be asked for: with optim.MostEpochs, the steps of
// all epochs together stay a number that its clocks and schedules can count.
const mostBatch = 1 << 20

// Validate checks ranges.
func (c Train) Validate() error {
	switch {
	case c.Epochs < 1:
		return fmt.Errorf("train.epochs: %d must be at least 1", c.Epochs)
	case c.BatchSize < 1:
		return fmt.Errorf("train.batch_size: %d must be at least 1", c.BatchSize)
	case c.Accumulate < 1 || c.BatchSize%c.Accumulate != 0:
		return fmt.Errorf(
			"train.accumulate: %d must divide train.batch_size %d", c.Accumulate, c.BatchSize,
		)
	case c.CheckpointEvery < 1:
		return fmt.Errorf("train.checkpoint_every: %d must be at least 1", c.CheckpointEvery)
	case c.KeepLast < 0:
		return fmt.Errorf("train.keep_last: %d must not be negative", c.KeepLast)
	}
	return config.AtMost(
		config.Most{Key: "train.epochs", Value: c.Epochs, Limit: optim.MostEpochs},
		config.Most{Key: "train.batch_size", Value: c.BatchSize, Limit: mostBatch},
	)
}

// Microbatch is how many images are computed at a time.
func (c Train) Microbatch() int { return c.BatchSize / c.Accumulate }

// fitsData checks a batch against the number of training images.
func (c Train) fitsData(images int) error {
	if c.BatchSize > images {
		return fmt.Errorf(
			"train.batch_size: %d is above the %d training images", c.BatchSize, images,
		)
	}
	return nil
}

// validateLanes refuses a number of lanes that does not fit the batch, or that sharding forbids.
func validateLanes(c Common, t Train, mayShare error) error {
	if err := comm.Check(c.Lanes, t.BatchSize, t.Accumulate); err != nil || c.Lanes <= 1 {
		return err
	}
	return mayShare
}
