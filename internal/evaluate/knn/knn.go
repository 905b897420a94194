// Package knn evaluates a frozen encoder by a vote of nearest neighbours (spec 5).
//
// Reading order: knn.go (Run, and the vote), nearest.go (who votes).
package knn

import (
	"context"
	"fmt"
	"math"
	"time"

	"cmae/internal/dataset"
	"cmae/internal/evaluate"
	"cmae/internal/evaluate/encoder"
	"cmae/internal/evaluate/features"
	"cmae/internal/kernel"
)

// Run evaluates an encoder on the images of its settings. Images that cannot be evaluated on are
// fault.Data.
func Run(ctx context.Context, e *encoder.Encoder) (evaluate.Result, error) {
	data, err := e.Labelled(ctx)
	if err != nil {
		return evaluate.Result{}, err
	}
	var sets [2]features.Set
	for i, split := range []*dataset.Set{data.Train, data.Test} {
		if sets[i], err = e.Features(ctx, split); err != nil {
			return evaluate.Result{}, err
		}
	}
	engine, err := e.Engine()
	if err != nil {
		return evaluate.Result{}, err
	}
	c := e.Config.Probe
	return Vote(ctx, engine, sets[0], sets[1], c.KNNK, c.KNNTau, data.Train.Classes())
}

// Folds evaluates an encoder by cross-validation on the training images, in place of test images.
func Folds(ctx context.Context, e *encoder.Encoder, k int) (evaluate.Result, error) {
	all, classes, err := e.LabelledFeatures(ctx)
	if err != nil {
		return evaluate.Result{}, err
	}
	engine, err := e.Engine()
	if err != nil {
		return evaluate.Result{}, err
	}
	c := e.Config
	return evaluate.CrossValidate(ctx, all, classes, k, c.Seed, func(
		ctx context.Context, train, test features.Set,
	) (evaluate.Result, error) {
		return Vote(ctx, engine, train, test, c.Probe.KNNK, c.Probe.KNNTau, classes)
	})
}

// Vote gives each test image the class that its k nearest training images vote for: nearness is the
// cosine, a vote weighs exp(cosine/tau) (spec 5). All training images vote when there are fewer
// than k. Equal nearness prefers the lower index, equal votes the lower class.
func Vote(
	ctx context.Context, e kernel.Engine, train, test features.Set, k int, tau float64,
	classes []string,
) (evaluate.Result, error) {
	start := time.Now()
	if k < 1 || !(tau > 0) {
		return evaluate.Result{}, fmt.Errorf(
			"knn: k %d and tau %g: both must be positive", k, tau,
		)
	}
	if err := features.CheckPair(train, test, classes); err != nil {
		return evaluate.Result{}, err
	}
	k = min(k, train.Len())
	near, err := Nearest(ctx, e, train, test, k)
	if err != nil {
		return evaluate.Result{}, err
	}
	t := evaluate.NewConfusion(classes)
	votes := make([]float64, len(classes))
	for i, label := range test.Labels {
		t.Add(label, answerByVotes(votes, near[i*k:(i+1)*k], train.Labels, tau, label))
	}
	r := evaluate.NewResult(evaluate.KNN, train.Len(), test, classes)
	r.Score, r.Confusion = t.Score(), t.Matrix()
	r.KNN = &evaluate.KNNSettings{K: k, Tau: tau}
	r.EncodeSeconds += train.Seconds
	r.MeasureSeconds = time.Since(start).Seconds()
	return r, nil
}

// answerByVotes counts the votes for each class; of the classes without one, label comes last.
// votes[C] is scratch.
func answerByVotes(
	votes []float64, near []Neighbour, labels []int32, tau float64, label int32,
) evaluate.Answer {
	clear(votes)
	for _, n := range near {
		// Relative to the nearest: the same order, and no overflow however small tau is.
		votes[labels[n.Index]] += math.Exp(float64(n.Cosine-near[0].Cosine) / tau)
	}
	a := evaluate.AnswerOf(votes, label)
	if votes[label] == 0 {
		a.Rank = len(votes)
	}
	return a
}
