package comm

import (
	"fmt"
	"slices"
	"testing"

	"cmae/internal/kernel"
	"cmae/internal/rng"
)

// filled is a tensor of an engine that holds values.
func filled(e kernel.Engine, values []float32, shape ...int) kernel.Tensor {
	t := e.New(kernel.F32, shape...)
	e.Upload(t, kernel.Bytes(values))
	return t
}

// each runs f in every replica, which must not fail.
func each(t *testing.T, r *Replicas, f func(c Comm, e kernel.Engine)) {
	t.Helper()
	err := r.Do(func(rank int, e kernel.Engine) error { f(r.Comm(rank), e); return nil })
	if err != nil {
		t.Fatal(err)
	}
}

func TestMembers(t *testing.T) {
	for _, count := range []int{1, 3} {
		r := open(t, count)
		ranks := make([]int, count)
		each(t, r, func(c Comm, _ kernel.Engine) {
			if c.Size() != count || Divided(c) != (count > 1) {
				t.Errorf("size %d of %d", c.Size(), count)
			}
			ranks[c.Rank()]++
		})
		if slices.Min(ranks) != 1 || r.Len() != count {
			t.Errorf("%d replicas: ranks %v", count, ranks)
		}
	}
}

func TestAllGather(t *testing.T) {
	for _, count := range []int{1, 2, 3} {
		r := open(t, count)
		results := make([][]float32, count)
		each(t, r, func(c Comm, e kernel.Engine) {
			at := float32(10 * c.Rank())
			src, dst := filled(e, []float32{at, at + 1, at + 2, at + 3}, 2, 2), e.New(
				kernel.F32, 2*count, 2,
			)
			c.AllGather(dst, src)
			e.Zero(src) // which nobody needs any more
			results[c.Rank()] = slices.Clone(kernel.Slice[float32](dst))
		})
		want := []float32{0, 1, 2, 3, 10, 11, 12, 13, 20, 21, 22, 23}[:4*count]
		for rank, got := range results {
			if !slices.Equal(got, want) {
				t.Errorf("%d replicas: rank %d has %v", count, rank, got)
			}
		}
	}
}

// TestAllReduceRunsInOrderOfRank: in float32 other orders of these numbers have other sums.
func TestAllReduceRunsInOrderOfRank(t *testing.T) {
	r := open(t, 4)
	values := [][]float32{{1e8, 1}, {-1e8, 1e8}, {1, -1e8}, {1, 1}}
	want := []float32{2, 1}
	for range 20 {
		results := make([][]float32, 4)
		each(t, r, func(c Comm, e kernel.Engine) {
			own := values[c.Rank()]
			a, b, d := filled(e, own, 2), filled(e, own[:1], 1), filled(e, own[1:])
			c.AllReduce(a, b, d)
			results[c.Rank()] = slices.Concat(
				kernel.Slice[float32](a), kernel.Slice[float32](b), kernel.Slice[float32](d),
			)
		})
		for rank, got := range results {
			if !slices.Equal(got, slices.Concat(want, want)) {
				t.Fatalf("rank %d has %v", rank, got)
			}
		}
	}
}

func TestBroadcast(t *testing.T) {
	r := open(t, 3)
	for root := range 3 {
		results := make([]float32, 3)
		each(t, r, func(c Comm, e kernel.Engine) {
			x := filled(e, []float32{float32(c.Rank())})
			c.Broadcast(x, root)
			results[c.Rank()] = kernel.Slice[float32](x)[0]
		})
		for rank, got := range results {
			if got != float32(root) {
				t.Errorf("root %d: rank %d has %v", root, rank, got)
			}
		}
	}
}

// TestBarrier: what members did before it is there for all after it.
func TestBarrier(t *testing.T) {
	r := open(t, 3)
	notes := make([]int, 3)
	each(t, r, func(c Comm, _ kernel.Engine) {
		for round := range 50 {
			notes[c.Rank()] = round
			c.Barrier()
			if !slices.Equal(notes, []int{round, round, round}) {
				t.Errorf("rank %d sees %v in round %d", c.Rank(), notes, round)
			}
			c.Barrier()
		}
	})
}

// TestManyCollectives makes hundreds of calls of all kinds in a row, over the same memory. Results
// are those of one replica that holds everything.
func TestManyCollectives(t *testing.T) {
	const count, rounds = 4, 300
	r := open(t, count)
	got := make([]string, count)
	each(t, r, func(c Comm, e kernel.Engine) {
		x, all := filled(e, []float32{1 + float32(c.Rank())}, 1, 1), e.New(kernel.F32, count, 1)
		order := rng.For(1, rng.Synthetic) // the same in all
		for range rounds {
			switch order.IntN(4) {
			case 0:
				c.AllReduce(x)
				e.Scale(x, x, 1./count)
			case 1:
				c.AllGather(all, x)
				e.Add(x, x, all.Part((c.Rank()+1)%count, (c.Rank()+1)%count+1))
				e.Scale(x, x, 0.5)
			case 2:
				c.Broadcast(all, order.IntN(count))
			case 3:
				c.Barrier()
			}
		}
		c.AllGather(all, x)
		got[c.Rank()] = fmt.Sprint(kernel.Slice[float32](all))
	})
	for _, other := range got[1:] {
		if other != got[0] {
			t.Errorf("members disagree: %v", got)
		}
	}
}
