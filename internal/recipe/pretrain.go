package recipe

import (
	"fmt"

	"cmae/internal/config"
	"cmae/internal/contrastivecrop"
	"cmae/internal/dataset/augment"
	"cmae/internal/model"
	"cmae/internal/report"
)

// Pretrain is everything that a pretraining run depends on: the whole of a configuration file.
type Pretrain struct {
	Method      string `yaml:"method" doc:"how to pretrain: cmae (with contrast.weight and location.weight 0, MAE), moco-v1, moco-v2 or moco-v3; each brings defaults of its own"`
	Common      `yaml:",inline"`
	Augment     augment.Config         `yaml:"augment" doc:"how an image becomes two views"`
	Decoder     model.DecoderConfig    `yaml:"decoder" doc:"the weak decoder"`
	Mask        Mask                   `yaml:"mask" doc:"what the encoder does not see"`
	Reconstruct Reconstruct            `yaml:"reconstruct" doc:"masked pixel reconstruction, L_con"`
	Contrast    Contrast               `yaml:"contrast" doc:"InfoNCE against a momentum encoder, L_ctr"`
	Location    Location               `yaml:"location" doc:"prediction of each visible token's place, L_loc"`
	Crop        contrastivecrop.Config `yaml:"crop" doc:"ContrastiveCrop"`
	Train       PretrainTrain          `yaml:"train" doc:"the loop"`
	Probe       Probe                  `yaml:"probe" doc:"linear probe and kNN"`
}

// PretrainTrain is the `train` section of pretraining.
type PretrainTrain struct {
	Train    `yaml:",inline"`
	Best     Best   `yaml:"best" choices:"loss,knn" doc:"what best follows: loss, or knn (needs knn_every)"`
	KNNEvery int    `yaml:"knn_every" min:"0" doc:"epochs between kNN evaluations on the test images; 0 never"`
	KNNPath  string `yaml:"knn_path" path:"working" doc:"folder of other, labelled images (train/CLASS, val/CLASS) for knn_every; empty evaluates on those of data.path"`
}

// Best names what the best checkpoint is the best in.
type Best string

// The choices of Best.
const (
	BestLoss Best = "loss"
	BestKNN  Best = "knn"
)

// DefaultPretrain are the defaults that all methods share: the embedded images, and a few minutes
// on two cores. Every method has its own beside them.
func DefaultPretrain() Pretrain {
	return Pretrain{
		Common: defaultCommon(), Augment: augment.Default(),
		Decoder: model.DefaultDecoder(), Mask: Mask{Ratio: 0.75},
		Reconstruct: Reconstruct{Weight: 1, NormPix: true},
		Contrast:    DefaultContrast(), Location: DefaultLocation(),
		Crop: contrastivecrop.Default(), Probe: DefaultProbe(),
		Train: PretrainTrain{
			Train: defaultTrain(8),
			Best:  BestLoss,
		},
	}
}

// FitTrain keeps the warm-up within a run that was made shorter.
func (c *Pretrain) FitTrain(later func(path, than string) bool) {
	c.Common.fit(c.Train.Epochs, later)
}

// Validate checks what involves several sections, each of which checks itself, whatever the method
// (see package method).
func (c Pretrain) Validate() error {
	if err := c.CheckNormal(c.Augment.Mean, c.Augment.Std); err != nil {
		return err
	}
	switch {
	case c.Probe.Feature == Cls && c.Model.IsResNet():
		return config.Faultf(
			"probe.feature",
			"%s has no class token; take mean, the average of its last feature map",
			c.Model.Size,
		)
	case c.Crop.Enabled && c.Model.IsResNet() && c.Crop.Source.HasHeat():
		return config.Faultf(
			"crop.enabled",
			"ContrastiveCrop finds objects by a transformer's attention; set it to false for %s",
			c.Model.Size,
		)
	}
	if err := c.CheckHead(); err != nil {
		return err
	}
	return c.Optim.ValidateEpochs(c.Train.Epochs)
}

// CheckHead refuses a head of attention that the encoder does not have.
func (c Pretrain) CheckHead() error {
	heads := c.Model.Resolved().Heads
	switch {
	case c.Crop.Head > 0 && c.Crop.Source != contrastivecrop.Attention:
		return config.Faultf("crop.head", "is of crop.source attention, not %s", c.Crop.Source)
	case c.Crop.Head > heads:
		return config.Faultf(
			"crop.head", "%d is more than the encoder's %d heads", c.Crop.Head, heads,
		)
	}
	return nil
}

// Validate checks that best can be followed.
func (c PretrainTrain) Validate() error {
	if c.Best == BestKNN && c.KNNEvery == 0 {
		return config.Faultf("train.best", "knn needs train.knn_every above 0")
	}
	if c.KNNPath != "" && c.KNNEvery == 0 {
		return config.Faultf("train.knn_path", "needs train.knn_every above 0")
	}
	return c.Train.Validate()
}

// MayChange lists what a resume may change beside what any command's may: the section probe, which
// says how the encoder is evaluated afterwards, unless the run measures kNN by it while it trains.
// Where the images of train.knn_path lie is no setting of the run either: their digest decides.
func (c Pretrain) MayChange() []string {
	if c.Train.KNNEvery > 0 {
		return []string{"train.knn_path"}
	}
	return []string{"probe"}
}

// Warnings lists what is allowed but probably not meant, whatever the method.
func (c Pretrain) Warnings() []string {
	var warnings []string
	if side, is := c.Data.Enlarged(c.Augment.ScaleMin); is {
		warnings = append(warnings, fmt.Sprintf(
			"augment.scale_min: the smallest crops of large images are of %d pixels, and are "+
				"enlarged to %d: raise data.store_side, or augment.scale_min",
			side, c.Data.ImageSize,
		))
	}
	if c.Crop.Enabled && c.Crop.Source.HasHeat() &&
		len(c.Crop.RefreshEpochs(c.Train.Epochs)) == 0 {
		warnings = append(warnings, fmt.Sprintf(
			"crop.start: at %g of %s ContrastiveCrop never begins: all crops are plain; take "+
				"more epochs, or an earlier start",
			c.Crop.Start, report.Count(c.Train.Epochs, "epoch"),
		))
	}
	return warnings
}
