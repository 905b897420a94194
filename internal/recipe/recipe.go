// Package recipe is what users set: everything that a run depends on, of pretraining and of
// finetuning. A section whose meaning belongs to one package keeps its struct there (model, optim,
// augment); this package puts the sections together and checks what involves several of them.
//
// Reading order: recipe.go (what all recipes have in common), normal.go (mean and deviation),
// pretrain.go with objective.go and location.go (what a pretraining minimises), unread.go (what
// then has no effect) and sized.go (for images of a known side), finetune.go with light.go (few
// labels) and classweights.go, probe.go (how an encoder is evaluated), reader.go (the settings that
// come with weights). What a method makes of a pretraining, its defaults and checks, is package
// method's.
package recipe

import (
	"cmae/internal/config"
	"cmae/internal/dataset"
	"cmae/internal/dataset/loader"
	"cmae/internal/kernel/backend"
	"cmae/internal/model"
	"cmae/internal/optim"
	"cmae/internal/rundir/track"
)

// Common are the settings that pretraining and finetuning share.
type Common struct {
	Seed      uint64              `yaml:"seed" doc:"every random draw of the run follows from it"`
	Engine    string              `yaml:"engine" doc:"what computes: auto, or the name of an engine"`
	Precision string              `yaml:"precision" doc:"auto, f32, or bf16 between the operations inside a block"`
	Threads   int                 `yaml:"threads" min:"0" max:"512" doc:"cores to use; 0 means all"`
	Replicas  int                 `yaml:"replicas" was:"lanes" min:"0" max:"256" doc:"groups of threads that each compute a shard of a batch by themselves; 0 means as many as pay"`
	Comm      string              `yaml:"comm" doc:"how processes compute one run together: auto, single, or mpi; auto joins those that mpirun or srun started"`
	Gradients string              `yaml:"gradients" doc:"type in which gradients travel between processes: f32, or bf16 for half the bytes"`
	Data      dataset.Config      `yaml:"data" doc:"the images"`
	Loader    loader.Config       `yaml:"loader" doc:"how batches are made ahead"`
	Model     model.EncoderConfig `yaml:"model" doc:"the encoder"`
	Optim     optim.Config        `yaml:"optim" doc:"optimizer and schedule"`
	Track     track.Config        `yaml:"track" doc:"other programs that are told how the run goes"`
}

func defaultCommon() Common {
	return Common{
		Seed: 1, Engine: "auto", Precision: "auto", Comm: CommAuto, Gradients: "f32",
		Data:   dataset.Default(),
		Loader: loader.Default(), Model: model.DefaultEncoder(), Optim: optim.Default(),
	}
}

// fit keeps the warm-up within a run that was made shorter, to so many epochs.
func (c *Common) fit(epochs int, later func(path, than string) bool) {
	if later("train.epochs", "optim.warmup_epochs") {
		c.Optim = c.Optim.Within(epochs)
	}
}

// Encoder is the encoder with its shape resolved, for images of data.channels.
func (c Common) Encoder() model.EncoderConfig {
	m := c.Model.Resolved()
	m.Channels = c.Data.Channels
	return m
}

// How processes find each other.
const (
	CommAuto   = "auto"
	CommSingle = "single"
	CommMPI    = "mpi"
)

// Choices are the names of engines, precisions, and ways in which processes speak.
func (c Common) Choices() map[string][]string {
	return map[string][]string{
		"engine": backend.Names(), "precision": backend.Precisions(),
		"comm": {CommAuto, CommSingle, CommMPI}, "gradients": {"f32", "bf16"},
	}
}

// Train are the settings of the loop that pretraining and finetuning share.
type Train struct {
	Epochs          int `yaml:"epochs" min:"1" max:"1000000" doc:"passes over the training images"`
	BatchSize       int `yaml:"batch_size" min:"1" max:"1048576" doc:"images of one optimizer step"`
	Accumulate      int `yaml:"accumulate" min:"1" doc:"microbatches that a batch is computed in, to save memory; 1 where a loss or BatchNorm needs the whole batch, as with contrast and in ResNets"`
	CheckpointEvery int `yaml:"checkpoint_every" min:"1" doc:"epochs between checkpoints; the last epoch and the best so far always have one"`
	KeepLast        int `yaml:"keep_last" min:"0" doc:"newest checkpoints to keep; last and best are always kept; 0 keeps all"`

	Patience int `yaml:"patience" min:"0" doc:"evaluations in a row without a better one after which the run ends early; 0 runs all epochs. What is evaluated, and when, train.best says in pretraining (loss: at every checkpoint), train.eval_every in finetuning"`

	OnDivergence  OnDivergence `yaml:"on_divergence" choices:"stop,rollback" doc:"stop | rollback: what to do when a loss or gradient is not finite: end the run, or go back to its last checkpoint and on from there as rollback_skip and rollback_scale say"`
	MaxRollbacks  int          `yaml:"max_rollbacks" min:"1" max:"1000" doc:"rollbacks after which a run that diverges again stops"`
	RollbackSkip  int          `yaml:"rollback_skip" min:"0" max:"1000000" doc:"batches left out after a rollback, from the one that diverged on; they do not count as steps"`
	RollbackScale float64      `yaml:"rollback_scale" above:"0" max:"1" doc:"factor of every learning rate after a rollback; those of several multiply"`
}

// OnDivergence says what to do with a run whose numbers are no longer finite.
type OnDivergence string

// Stop ends the run; Rollback goes on from its last checkpoint, otherwise than before.
const (
	Stop     OnDivergence = "stop"
	Rollback OnDivergence = "rollback"
)

// defaultTrain is a loop of so many epochs.
func defaultTrain(epochs int) Train {
	return Train{
		Epochs: epochs, BatchSize: 128, Accumulate: 1, CheckpointEvery: 5, KeepLast: 2,
		OnDivergence: Stop, MaxRollbacks: 3, RollbackSkip: 1, RollbackScale: 0.5,
	}
}

// Validate checks that microbatches are of one size, and that a rollback changes something.
func (c Train) Validate() error {
	if c.OnDivergence == Rollback && c.RollbackSkip == 0 && c.RollbackScale == 1 {
		return config.Faultf(
			"train.on_divergence",
			"after a rollback the run would come to the same: set train.rollback_skip above 0, or "+
				"train.rollback_scale below 1",
		)
	}
	if c.BatchSize%c.Accumulate != 0 {
		return config.Faultf(
			"train.accumulate", "%d must divide train.batch_size %d", c.Accumulate, c.BatchSize,
		)
	}
	return nil
}

// Microbatch is how many images are computed at a time.
func (c Train) Microbatch() int { return c.BatchSize / c.Accumulate }

// FitsData checks a batch against the number of training images.
func (c Train) FitsData(images int) error {
	if c.BatchSize > images {
		return config.Faultf(
			"train.batch_size",
			"%d is above the %d training images", c.BatchSize, images,
		)
	}
	return nil
}

// Sharding says, as an error in the user's terms, that replicas cannot divide a batch for the
// encoder; nil where they can.
func (c Common) Sharding() error {
	if c.Model.IsResNet() {
		return config.Faultf(
			"replicas", "BatchNorm of %s needs the whole batch in every layer; set it to 1",
			c.Model.Size,
		)
	}
	return nil
}

// CheckReplicas refuses a number of replicas that does not fit the batch, of which each takes a
// multiple of unit images. refusal, where it is not nil, refuses more than one.
func (c Common) CheckReplicas(t Train, unit int, refusal error) error {
	if c.Replicas <= 1 {
		return nil
	}
	if together := t.Microbatch() / unit; together%c.Replicas != 0 {
		return config.Faultf(
			"replicas",
			"%d do not divide the %d images that are computed together (train.batch_size over "+
				"train.accumulate)",
			c.Replicas, together,
		)
	}
	return refusal
}
