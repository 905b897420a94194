package pretrain

import (
	"errors"
	"fmt"

	"cmae/internal/config"
	"cmae/internal/contrastivecrop"
	"cmae/internal/dataset"
	"cmae/internal/dataset/augment"
	"cmae/internal/dataset/loader"
	"cmae/internal/evaluate"
	"cmae/internal/kernel/backend"
	"cmae/internal/machine"
	"cmae/internal/model"
	"cmae/internal/optim"
	"cmae/internal/report"
	"cmae/internal/trainer"
)

// Config is everything that a pretraining run depends on: the whole of a configuration file.
type Config struct {
	Method      model.Method            `yaml:"method" doc:"how to pretrain: cmae (with contrast.weight and location.weight 0, MAE), moco-v1, moco-v2 or moco-v3; each brings defaults of its own"`
	Seed        uint64                  `yaml:"seed" doc:"every random draw of the run follows from it"`
	Engine      string                  `yaml:"engine" doc:"what computes: auto, or the name of an engine"`
	Precision   string                  `yaml:"precision" doc:"auto, f32, or bf16 between the operations inside a block"`
	Threads     int                     `yaml:"threads" doc:"cores to use; 0 means all"`
	Lanes       int                     `yaml:"lanes" doc:"groups of threads that each compute a share of a batch by themselves; 0 means as many as pay"`
	Data        dataset.Config          `yaml:"data" doc:"the images"`
	Augment     augment.Config          `yaml:"augment" doc:"how an image becomes two views"`
	Loader      loader.Config           `yaml:"loader" doc:"how batches are made ahead"`
	Model       model.EncoderConfig     `yaml:"model" doc:"the encoder"`
	Decoder     model.DecoderConfig     `yaml:"decoder" doc:"the weak decoder"`
	Mask        model.MaskConfig        `yaml:"mask" doc:"what the encoder does not see"`
	Reconstruct model.ReconstructConfig `yaml:"reconstruct" doc:"masked pixel reconstruction, L_con"`
	Contrast    model.ContrastConfig    `yaml:"contrast" doc:"InfoNCE against a momentum encoder, L_ctr"`
	Location    model.LocationConfig    `yaml:"location" doc:"prediction of each visible token's place, L_loc"`
	Crop        contrastivecrop.Config  `yaml:"crop" doc:"ContrastiveCrop"`
	Optim       optim.Config            `yaml:"optim" doc:"optimizer and schedule"`
	Train       TrainConfig             `yaml:"train" doc:"the loop"`
	Probe       evaluate.Config         `yaml:"probe" doc:"linear probe and kNN"`
}

// TrainConfig is the `train` section.
type TrainConfig struct {
	Epochs          int    `yaml:"epochs" doc:"passes over the training images"`
	BatchSize       int    `yaml:"batch_size" doc:"images of one optimizer step"`
	Accumulate      int    `yaml:"accumulate" doc:"parts that a batch is computed in, to save memory; only without contrast, whose loss and BatchNorm see the whole batch"`
	CheckpointEvery int    `yaml:"checkpoint_every" doc:"epochs between checkpoints; the last epoch always has one"`
	KeepLast        int    `yaml:"keep_last" doc:"checkpoints to keep beside last and best; 0 keeps all"`
	Best            string `yaml:"best" doc:"what best follows: loss, or knn (needs knn_every)"`
	KNNEvery        int    `yaml:"knn_every" doc:"epochs between kNN evaluations on the test images; 0 never"`
}

// Default is the run of `cmae pretrain` without a configuration: CMAE on the embedded images, a few
// minutes on two cores. The loss weights are not the paper's 1:1:1, which loses to MAE at small
// scales; docs/results.md says where these come from.
func Default() Config {
	c := Config{
		Method: model.Masked, Seed: 1, Engine: "auto", Precision: "auto",
		Data: dataset.Default(), Augment: augment.Default(), Loader: loader.Default(),
		Model: model.DefaultEncoder(), Decoder: model.DefaultDecoder(), Mask: model.MaskConfig{Ratio: 0.75},
		Reconstruct: model.ReconstructConfig{Weight: 1, NormPix: true},
		Contrast:    model.DefaultContrast(), Location: model.DefaultLocation(), Crop: contrastivecrop.Default(),
		Optim: optim.Default(), Probe: evaluate.Default(),
		Train: TrainConfig{
			Epochs: 8, BatchSize: 128, Accumulate: 1, CheckpointEvery: 5, KeepLast: 2, Best: "loss",
		},
	}
	c.Optim.BaseLR = 4e-3
	c.Contrast.Weight, c.Contrast.Tau, c.Contrast.Momentum = 0.1, 0.1, 0.996
	c.Location.Weight = 0.02
	return c
}

// LoadConfig reads the resolved settings of a checkpoint or run.
func LoadConfig(name string, text []byte) (Config, error) {
	c := Default()
	err := config.Decode(&c, name, text)
	return c, err
}

// Validate checks what involves several sections, each of which checks itself. What depends on the
// data is checked when it is open (see ValidateData).
func (c Config) Validate() error {
	if err := backend.Check(c.Engine, c.Precision, c.Threads); err != nil {
		return err
	}
	if err := c.validateMethod(); err != nil {
		return err
	}
	switch {
	case c.Train.Accumulate > 1 && c.Contrast.Weight > 0:
		return errors.New(
			"train.accumulate: contrast.weight above 0 needs the whole batch at once: InfoNCE's negatives and BatchNorm's statistics come from it, so parts would train something else",
		)
	case c.Crop.Enabled && c.Crop.Net == contrastivecrop.Momentum && c.Contrast.Weight == 0:
		return errors.New(
			"crop.net: momentum needs contrast.weight above 0; without it there is no momentum encoder",
		)
	case c.Contrast.Weight > 0 && c.Train.BatchSize < 2:
		return errors.New(
			"train.batch_size: 1 leaves the projector's BatchNorm nothing to compare; take 2 or more (of method cmae also contrast.weight 0)",
		)
	}
	if err := c.validateLanes(); err != nil {
		return err
	}
	return c.Optim.ValidateEpochs(c.Train.Epochs)
}

// Validate checks ranges and choices.
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
	case c.CheckpointEvery < 1:
		return fmt.Errorf("train.checkpoint_every: %d must be at least 1", c.CheckpointEvery)
	case c.KeepLast < 0:
		return fmt.Errorf("train.keep_last: %d must not be negative", c.KeepLast)
	case c.KNNEvery < 0:
		return fmt.Errorf("train.knn_every: %d must not be negative", c.KNNEvery)
	case c.Best != "loss" && c.Best != "knn":
		return fmt.Errorf("train.best: %q is not one of loss, knn", c.Best)
	case c.Best == "knn" && c.KNNEvery == 0:
		return errors.New("train.best: knn needs train.knn_every above 0")
	}
	return trainer.CheckTrain(c.Epochs, c.BatchSize)
}

// Architecture is the model for images of side pixels.
func (c Config) Architecture(side int) model.Config {
	return model.Config{
		Method: c.Method, Side: side, Encoder: c.Model.Resolved(), Decoder: c.Decoder, Mask: c.Mask,
		Reconstruct: c.Reconstruct, Contrast: c.Contrast, Location: c.Location,
	}
}

// Loading is how images become batches of side pixels.
func (c Config) Loading(side int) loader.Options {
	o := loader.Options{
		Mode: loader.OneView, Seed: c.Seed, Batch: c.Train.BatchSize, Side: side, Patches: c.Architecture(side).Noise(),
		CropAlpha: c.Crop.Alpha, Augment: c.Augment, Config: c.Loader,
	}
	if c.Contrast.Weight > 0 {
		o.Mode = loader.TwoViews
	}
	if c.Location.Weight > 0 {
		o.DropPosition = c.Location.DropPosition
	}
	return o
}

// ValidateData checks what depends on the images, their side and number, and whether this machine
// can hold a step at all.
func (c Config) ValidateData(side, images int) error {
	if err := c.Architecture(side).Validate(); err != nil {
		return err
	}
	if c.Train.BatchSize > images {
		return fmt.Errorf(
			"train.batch_size: %d is above the %d training images", c.Train.BatchSize, images,
		)
	}
	return c.Architecture(side).Demand(
		c.Train.BatchSize/c.Train.Accumulate, true,
	).Check(machine.MostMemory())
}

// check is ValidateData for open data, and refuses train.knn_every if the test images do not allow
// judging. The error names the setting, since the data may well be used without it.
func (c Config) check(side int, data *dataset.Data) error {
	if err := data.CheckJudging(); err != nil && c.Train.KNNEvery > 0 {
		return fmt.Errorf("train.knn_every: set it to 0: %v", err)
	}
	return c.ValidateData(side, data.Train.Len())
}

// MayChange lists what a resume may change beside rundir.MayChange: the section probe, which says
// how the encoder is judged afterwards, unless the run measures kNN by it while it trains.
func (c Config) MayChange() []string {
	if c.Train.KNNEvery > 0 {
		return nil
	}
	return []string{"probe"}
}

// Warnings lists what is allowed but probably not meant, for images of side pixels. images is their
// number, 0 if it is unknown.
func (c Config) Warnings(side, images int) []string {
	warnings := c.Architecture(side).Warnings()
	if size := c.Contrast.QueueSize; c.Contrast.Weight > 0 && 0 < images && images < size {
		warnings = append(warnings, fmt.Sprintf("contrast.queue_size: %d is more than the %d training images, so that older keys of an image are negatives of itself; take at most %d",
			size, images, images))
	}
	if c.Crop.Enabled && c.Crop.Source != contrastivecrop.Constant &&
		len(c.Crop.RefreshEpochs(c.Train.Epochs)) == 0 {
		warnings = append(warnings, fmt.Sprintf("crop.start: at %g of %s ContrastiveCrop never begins: all crops are plain; take more epochs, or an earlier start",
			c.Crop.Start, report.Count(c.Train.Epochs, "epoch")))
	}
	return warnings
}
