package evaluate

import (
	"context"
	"fmt"
	"math"
	"time"

	"cmae/internal/kernel"
)

// KNN gives each test image the class that its k nearest training images vote for: nearness is the
// cosine, a vote weighs exp(cosine/tau) (spec 5). All training images vote when there are fewer
// than k. Equal nearness prefers the lower index, equal votes the lower class.
func KNN(
	ctx context.Context, e kernel.Engine, train, test FeatureSet, k int, tau float64,
	classes []string,
) (Result, error) {
	start := time.Now()
	if k < 1 || !(tau > 0) {
		return Result{}, fmt.Errorf(
			"evaluate: kNN with k %d and tau %g: both must be positive", k, tau,
		)
	}
	if err := checkPair(train, test, classes); err != nil {
		return Result{}, err
	}
	k = min(k, train.Len())
	near, err := nearest(ctx, e, train, test, k)
	if err != nil {
		return Result{}, err
	}
	t := newTally(classes)
	votes := make([]float64, len(classes))
	for i, label := range test.Labels {
		t.add(label, rankByVotes(votes, near[i*k:(i+1)*k], train.Labels, tau, label))
	}
	r := newResult("knn", train.Len(), test, classes)
	r.Score, r.KNN = t.score(), &KNNSettings{K: k, Tau: tau}
	r.EncodeSeconds += train.Seconds
	r.MeasureSeconds = time.Since(start).Seconds()
	return r, nil
}

// rankByVotes is the rank of label among the classes; one without a vote comes last. votes[C] is
// scratch.
func rankByVotes(votes []float64, near []neighbour, labels []int32, tau float64, label int32) int {
	clear(votes)
	for _, n := range near {
		// Relative to the nearest: the same order, and no overflow however small tau is.
		votes[labels[n.index]] += math.Exp(float64(n.cosine-near[0].cosine) / tau)
	}
	if votes[label] == 0 {
		return len(votes)
	}
	return rankOf(votes, label)
}
