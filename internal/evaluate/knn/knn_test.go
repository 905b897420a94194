package knn

import (
	"context"
	"errors"
	"math"
	"sort"
	"testing"

	"cmae/internal/evaluate/evaltest"
	"cmae/internal/evaluate/features"
)

// TestKNNAgainstLoop compares with every pair in float64, across blocks of both splits. The votes
// may differ where two cosines are equal to float32, which the drawn values avoid.
func TestKNNAgainstLoop(t *testing.T) {
	for _, test := range []struct {
		name                      string
		train, test, dim, classes int
		k                         int
		tau                       float64
	}{
		{"one block", 101, 37, 6, 3, 20, 0.07},
		{"several blocks, odd ends", 2*trainBlock + 3, testBlock + 1, 5, 7, 20, 0.07},
		{"k above the training images", 9, 30, 4, 3, 20, 0.07},
		{"nearest only", 200, 50, 4, 4, 1, 0.07},
		{"tau too small for exp", 200, 50, 4, 4, 5, 1e-6},
	} {
		t.Run(test.name, func(t *testing.T) {
			train := evaltest.Clusters(test.train, test.dim, test.classes, .5, 1)
			tested := evaltest.Clusters(test.test, test.dim, test.classes, .5, 2)
			r, err := Vote(
				context.Background(), evaltest.Engine(t, 2), train, tested, test.k, test.tau,
				evaltest.Names(test.classes),
			)
			if err != nil {
				t.Fatal(err)
			}
			want := slowKNN(train, tested, test.k, test.tau, test.classes)
			for c, s := range r.PerClass {
				if s.Correct != want[c] {
					t.Errorf("class %d: %d correct, want %d", c, s.Correct, want[c])
				}
			}
			if one, err := Vote(
				context.Background(), evaltest.Engine(t, 1), train, tested, test.k, test.tau,
				evaltest.Names(test.classes),
			); err != nil || one.Accuracy != r.Accuracy {
				t.Errorf("one thread: %v, %v; two threads: %v", one.Accuracy, err, r.Accuracy)
			}
		})
	}
}

// slowKNN is the number of right answers of each class.
func slowKNN(train, test features.Set, k int, tau float64, classes int) []int {
	correct := make([]int, classes)
	for i := range test.Len() {
		cosine, order := make([]float64, train.Len()), make([]int, train.Len())
		for j := range order {
			order[j] = j
			var dot, a, b float64
			for c, v := range test.Row(i) {
				w := float64(train.Row(j)[c])
				dot, a, b = dot+float64(v)*w, a+float64(v)*float64(v), b+w*w
			}
			cosine[j] = dot / math.Sqrt(a*b)
		}
		sort.SliceStable(order, func(a, b int) bool { return cosine[order[a]] > cosine[order[b]] })
		votes := make([]float64, classes)
		for _, j := range order[:min(k, len(order))] {
			votes[train.Labels[j]] += math.Exp((cosine[j] - cosine[order[0]]) / tau)
		}
		best := 0
		for c, v := range votes {
			if v > votes[best] {
				best = c
			}
		}
		if best == int(test.Labels[i]) {
			correct[best]++
		}
	}
	return correct
}

func TestEqualNearnessPrefersLowerIndex(t *testing.T) {
	train := features.Set{Dim: 2, Labels: make([]int32, trainBlock+5)}
	for range train.Labels {
		train.Values = append(train.Values, 0, 2)
	}
	// the second has no direction: cosine 0 with all
	test := features.Set{Dim: 2, Labels: []int32{0, 0}, Values: []float32{0, 1, 0, 0}}
	near, err := Nearest(context.Background(), evaltest.Engine(t, 2), train, test, 4)
	if err != nil {
		t.Fatal(err)
	}
	for i, n := range near {
		if want := (Neighbour{int32(i % 4), float32(1 - i/4)}); n != want {
			t.Errorf("neighbour %d is %v, want %v", i, n, want)
		}
	}
}

func TestClassWithoutVoteIsNotAmongFive(t *testing.T) {
	votes := make([]float64, 6)
	near := []Neighbour{{0, .9}, {1, .8}}
	for label, want := range map[int32]int{0: 0, 1: 1, 2: 6} {
		if got := answerByVotes(votes, near, []int32{0, 1}, .07, label).Rank; got != want {
			t.Errorf("label %d: rank %d, want %d", label, got, want)
		}
	}
}

func TestKNNStopsWhenCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	s := evaltest.Clusters(20, 3, 2, 1, 1)
	if _, err := Vote(
		ctx, evaltest.Engine(t, 1), s, s, 3, .07, evaltest.Names(2),
	); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func BenchmarkKNN(b *testing.B) {
	train, test := evaltest.Clusters(20000, 192, 10, .2, 1), evaltest.Clusters(4000, 192, 10, .2, 2)
	e := evaltest.Engine(b, 2)
	for b.Loop() {
		if _, err := Vote(
			context.Background(), e, train, test, 20, .07, evaltest.Names(10),
		); err != nil {
			b.Fatal(err)
		}
	}
}
