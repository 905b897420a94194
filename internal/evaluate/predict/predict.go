// Package predict says what images show, by a classifier that was trained here: that of a finetuned
// encoder, or a linear probe on a frozen one.
//
// Reading order: predict.go, head.go (whose classifier), text.go (what a person or a spreadsheet
// sees).
package predict

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"cmae/internal/dataset"
	"cmae/internal/evaluate"
	"cmae/internal/evaluate/encoder"
	"cmae/internal/fault"
	"cmae/internal/kernel"
)

// Options say which images are classified, and how.
type Options struct {
	// file of a linear probe; empty takes the classifier of the weights, or the probe beside them
	Probe  string
	Images []string // files and folders
	Top    int      // classes to name for each image, at least 1
}

// Result is what --json prints.
type Result struct {
	Encoder string            `json:"encoder"`
	Head    string            `json:"head"` // "finetuned", or the file of the linear probe
	Feature string            `json:"feature"`
	Side    int               `json:"image_size"`
	Classes int               `json:"classes"`
	Images  []Image           `json:"images"`
	Bad     []dataset.BadFile `json:"bad"` // files that could not be decoded
	Seconds float64           `json:"seconds"`
}

// Image is an image and its likeliest classes.
type Image struct {
	Path        string       `json:"path"`
	Predictions []Prediction `json:"predictions"` // the likeliest first
}

// Prediction is a class and its probability.
type Prediction struct {
	Class       string  `json:"class"`
	Probability float64 `json:"probability"`
}

// Run classifies every image that can be decoded, in the order of the list, folders by name. The
// others are in Bad: the caller decides what they mean. Random weights have no classifier, and must
// not be given; other encoders without one, and a probe of another encoder, are fault.Mismatch; no
// image at all is fault.Data.
func Run(ctx context.Context, e *encoder.Encoder, o Options) (*Result, error) {
	start := time.Now()
	h, err := findHead(e, o.Probe)
	if err != nil {
		return nil, err
	}
	if err := e.FixSide(); err != nil {
		return nil, err
	}
	data := e.Config.Data
	data.OnError, data.BadBudget = dataset.Skip, 1
	images, err := dataset.OpenFiles(data, e.Console, o.Images...)
	if err != nil {
		return nil, err
	}
	r := &Result{
		Encoder: e.Name, Head: h.name, Feature: string(e.Config.Probe.Feature), Side: e.Side,
		Classes: len(h.Classes),
	}
	r.Bad, err = e.Each(ctx, images, func(path string, feature []float32) {
		r.Images = append(r.Images, Image{path, likeliest(h.LinearHead, feature, o.Top)})
	})
	if err != nil {
		return nil, err
	}
	for _, image := range r.Images {
		if p := image.Predictions[0].Probability; !kernel.Finite(p) {
			return nil, fmt.Errorf(
				"predict: %q: %w: weights are damaged, or training had diverged", image.Path,
				fault.NonFinite,
			)
		}
	}
	r.Seconds = time.Since(start).Seconds()
	return r, nil
}

// likeliest are the top classes, equals in the order of the classes.
func likeliest(h evaluate.LinearHead, feature []float32, top int) []Prediction {
	list := make([]Prediction, len(h.Classes))
	for i, p := range h.Probabilities(feature) {
		list[i] = Prediction{h.Classes[i], p}
	}
	slices.SortStableFunc(
		list, func(a, b Prediction) int { return -cmp.Compare(a.Probability, b.Probability) },
	)
	return list[:min(top, len(list))]
}
