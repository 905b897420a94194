package recipe

import (
	"fmt"

	"cmae/internal/config"
	"cmae/internal/contrastivecrop"
	"cmae/internal/dataset/augment"
	"cmae/internal/dataset/loader"
	"cmae/internal/model"
	"cmae/internal/report"
)

// Pretrain is everything that a pretraining run depends on: the whole of a configuration file.
type Pretrain struct {
	Method      model.Method `yaml:"method" doc:"how to pretrain: cmae (with contrast.weight and location.weight 0, MAE), moco-v1, moco-v2 or moco-v3; each brings defaults of its own"`
	Common      `yaml:",inline"`
	Augment     augment.Config          `yaml:"augment" doc:"how an image becomes two views"`
	Decoder     model.DecoderConfig     `yaml:"decoder" doc:"the weak decoder"`
	Mask        model.MaskConfig        `yaml:"mask" doc:"what the encoder does not see"`
	Reconstruct model.ReconstructConfig `yaml:"reconstruct" doc:"masked pixel reconstruction, L_con"`
	Contrast    model.ContrastConfig    `yaml:"contrast" doc:"InfoNCE against a momentum encoder, L_ctr"`
	Location    model.LocationConfig    `yaml:"location" doc:"prediction of each visible token's place, L_loc"`
	Crop        contrastivecrop.Config  `yaml:"crop" doc:"ContrastiveCrop"`
	Train       PretrainTrain           `yaml:"train" doc:"the loop"`
	Probe       Probe                   `yaml:"probe" doc:"linear probe and kNN"`
}

// PretrainTrain is the `train` section of pretraining.
type PretrainTrain struct {
	Train    `yaml:",inline"`
	Best     Best `yaml:"best" choices:"loss,knn" doc:"what best follows: loss, or knn (needs knn_every)"`
	KNNEvery int  `yaml:"knn_every" min:"0" doc:"epochs between kNN evaluations on the test images; 0 never"`
}

// Best names what the best checkpoint is the best in.
type Best string

// The choices of Best.
const (
	BestLoss Best = "loss"
	BestKNN  Best = "knn"
)

// DefaultPretrain is the run of `cmae pretrain` without a configuration: CMAE on the embedded
// images, a few minutes on two cores. The loss weights are not the paper's 1:1:1, which loses to
// MAE at small scales; docs/results.md says where these come from.
func DefaultPretrain() Pretrain {
	c := Pretrain{
		Method: model.Masked, Common: defaultCommon(), Augment: augment.Default(),
		Decoder: model.DefaultDecoder(), Mask: model.MaskConfig{Ratio: 0.75},
		Reconstruct: model.ReconstructConfig{Weight: 1, NormPix: true},
		Contrast:    model.DefaultContrast(), Location: model.DefaultLocation(),
		Crop: contrastivecrop.Default(), Probe: DefaultProbe(),
		Train: PretrainTrain{
			Train: Train{
				Epochs: 8, BatchSize: 128, Accumulate: 1, CheckpointEvery: 5, KeepLast: 2,
			},
			Best: BestLoss,
		},
	}
	c.Optim.BaseLR = 4e-3
	c.Contrast.Weight, c.Contrast.Tau, c.Contrast.Momentum = 0.1, 0.1, 0.996
	c.Location.Weight = 0.02
	return c
}

// LoadPretrain reads the resolved settings of a checkpoint or run.
func LoadPretrain(name string, text []byte) (Pretrain, error) {
	c := DefaultPretrain()
	err := config.Decode(&c, name, text)
	return c, err
}

// Validate checks what involves several sections, each of which checks itself. What depends on the
// data is checked when it is open (see ValidateData).
func (c Pretrain) Validate() error {
	if err := c.validateMethod(); err != nil {
		return err
	}
	switch {
	case c.Train.Accumulate > 1 && c.Contrast.Weight > 0:
		return config.Faultf(
			"train.accumulate",
			"contrast.weight above 0 needs the whole batch at once: InfoNCE's negatives and BatchNorm's statistics come from it, so parts would train something else",
		)
	case c.Crop.Enabled && c.Crop.Net == contrastivecrop.Momentum && c.Contrast.Weight == 0:
		return config.Faultf(
			"crop.net",
			"momentum needs contrast.weight above 0; without it there is no momentum encoder",
		)
	case c.Contrast.Weight > 0 && c.Train.BatchSize < 2:
		return config.Faultf(
			"train.batch_size",
			"1 leaves the projector's BatchNorm nothing to compare; take 2 or more (of method cmae also contrast.weight 0)",
		)
	}
	if err := c.validateReplicas(c.Train.Train, c.MayShard()); err != nil {
		return err
	}
	return c.Optim.ValidateEpochs(c.Train.Epochs)
}

// Validate checks that best can be followed.
func (c PretrainTrain) Validate() error {
	if c.Best == BestKNN && c.KNNEvery == 0 {
		return config.Faultf("train.best", "knn needs train.knn_every above 0")
	}
	return c.Train.Validate()
}

// Architecture is the model for images of side pixels.
func (c Pretrain) Architecture(side int) model.Config {
	return model.Config{
		Method: c.Method, Side: side, Encoder: c.Model.Resolved(), Decoder: c.Decoder, Mask: c.Mask,
		Reconstruct: c.Reconstruct, Contrast: c.Contrast, Location: c.Location,
	}
}

// Loading is how images become batches of side pixels.
func (c Pretrain) Loading(side int) loader.Options {
	o := loader.Options{
		Mode: loader.OneView, Seed: c.Seed, Batch: c.Train.BatchSize, Side: side,
		Patches: c.Architecture(side).Noise(), CropAlpha: c.Crop.Alpha, Augment: c.Augment,
		Config: c.Loader,
	}
	if c.Contrast.Weight > 0 {
		o.Mode = loader.TwoViews
	}
	if c.Location.Weight > 0 {
		o.DropPosition = c.Location.DropPosition
	}
	return o
}

// ValidateData checks what depends on the images, their side and number.
func (c Pretrain) ValidateData(side, images int) error {
	if err := c.Architecture(side).Validate(); err != nil {
		return err
	}
	return c.Train.fitsData(images)
}

// Fits checks whether memory of most bytes can hold a step at all.
func (c Pretrain) Fits(side int, most float64) error {
	return c.Architecture(side).Demand(c.Train.Microbatch(), true).Check(most)
}

// MayChange lists what a resume may change beside what any command's may: the section probe, which
// says how the encoder is evaluated afterwards, unless the run measures kNN by it while it trains.
func (c Pretrain) MayChange() []string {
	if c.Train.KNNEvery > 0 {
		return nil
	}
	return []string{"probe"}
}

// Warnings lists what is allowed but probably not meant, for images of side pixels. images is their
// number, 0 if it is unknown.
func (c Pretrain) Warnings(side, images int) []string {
	warnings := c.Architecture(side).Warnings()
	if size := c.Contrast.QueueSize; c.Contrast.Weight > 0 && 0 < images && images < size {
		warnings = append(warnings, fmt.Sprintf(
			"contrast.queue_size: %d is more than the %d training images, so that older keys of an image are negatives of itself; take at most %d",
			size, images, images,
		))
	}
	if c.Crop.Enabled && c.Crop.Source != contrastivecrop.Constant &&
		len(c.Crop.RefreshEpochs(c.Train.Epochs)) == 0 {
		warnings = append(warnings, fmt.Sprintf(
			"crop.start: at %g of %s ContrastiveCrop never begins: all crops are plain; take more epochs, or an earlier start",
			c.Crop.Start, report.Count(c.Train.Epochs, "epoch"),
		))
	}
	return warnings
}
