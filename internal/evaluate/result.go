package evaluate

import (
	"cmae/internal/evaluate/features"
	"cmae/internal/recipe"
)

// Method is how an encoder is evaluated.
type Method string

// The methods.
const (
	Linear    Method = "linear"   // a linear probe
	KNN       Method = "knn"      // a vote of nearest neighbours
	Finetuned Method = "finetune" // the test images of a finetuning
)

// methods are all of them, in the order of a table.
var methods = []Method{Linear, KNN, Finetuned}

// Title is the method's name for people.
func (m Method) Title() string {
	return map[Method]string{Linear: "linear probe", KNN: "kNN", Finetuned: "finetuned"}[m]
}

// Result is the outcome of one method on one encoder. Its JSON is what --json prints.
type Result struct {
	Method  Method         `json:"method"`
	Encoder string         `json:"encoder"` // its name
	Feature recipe.Feature `json:"feature"`
	Dim     int            `json:"dim"`
	Classes int            `json:"classes"`
	Train   int            `json:"train_images"`
	Test    int            `json:"test_images"`
	Score
	Confusion [][]int `json:"-"` // [C,C]: test images by class and by what they were taken for
	// where there are no test images apart: Test counts the training images again
	Folds *Folds         `json:"folds,omitempty"`
	KNN   *KNNSettings   `json:"knn,omitempty"`
	Probe *ProbeSettings `json:"probe,omitempty"`
	// highest accuracy of any epoch: chosen on the test split, so for information only
	Best           *Epoch      `json:"best,omitempty"`
	Curve          []Epoch     `json:"curve,omitempty"` // every epoch of the linear probe
	Head           *LinearHead `json:"-"`               // what the linear probe trained
	Saved          string      `json:"saved,omitempty"` // file of it, if there is one
	EncodeSeconds  float64     `json:"encode_seconds"`  // for the features of whole images
	MeasureSeconds float64     `json:"measure_seconds"` // for the rest
}

// KNNSettings are the numbers of a vote.
type KNNSettings struct {
	K   int     `json:"k"`
	Tau float64 `json:"tau"`
}

// ProbeSettings are the numbers of a linear probe in effect.
type ProbeSettings struct {
	Protocol  recipe.Protocol `json:"protocol"`
	Epochs    int             `json:"epochs"`
	BatchSize int             `json:"batch_size"`
	Steps     int             `json:"steps_per_epoch"`
	BaseLR    float64         `json:"base_lr"`
	// where probe.base_lr is auto: how base_lr was chosen
	Trials       []Trial `json:"trials,omitempty"`
	LR           float64 `json:"lr"` // at its peak
	WarmupEpochs float64 `json:"warmup_epochs"`
	Seed         uint64  `json:"seed"`
}

// Trial is a rate that auto tried.
type Trial struct {
	BaseLR float64 `json:"base_lr"`
	// on the training images held back; 0 where the loss stopped being a number
	Accuracy float64 `json:"accuracy"`
}

// Epoch is one pass of the linear probe over its training images.
type Epoch struct {
	Epoch    int     `json:"epoch"`    // from 1
	Loss     float64 `json:"loss"`     // mean cross-entropy of its steps
	LR       float64 `json:"lr"`       // of its last step
	Accuracy float64 `json:"accuracy"` // on the test split after it
	// auto tries a rate with it: accuracy is on training images held back
	Trial bool `json:"-"`
}

// NewResult describes what is evaluated; the caller adds the score.
func NewResult(method Method, trainImages int, test features.Set, classes []string) Result {
	return Result{
		Method: method, Encoder: test.Encoder, Feature: test.Feature, Dim: test.Dim,
		Classes: len(classes),
		Train:   trainImages, Test: test.Len(), EncodeSeconds: test.Seconds,
	}
}
