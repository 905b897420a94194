package comm_test

import (
	"fmt"
	"slices"
	"testing"

	"golang.org/x/sync/errgroup"

	"cmae/internal/comm"
	"cmae/internal/comm/commtest"
	"cmae/internal/kernel"
	"cmae/internal/rng"
)

// filled is a tensor of an engine that holds values.
func filled(e kernel.Engine, values []float32, shape ...int) kernel.Tensor {
	t := e.New(kernel.F32, shape...)
	e.Upload(t, kernel.Bytes(values))
	return t
}

// group is the replicas of each process of a job.
type group struct {
	name      string
	processes []*comm.Replicas
}

// groups are the ways in which count replicas may be threads of processes.
func groups(t *testing.T, count int) (all []group) {
	t.Helper()
	for processes := 1; processes <= count; processes++ {
		if count%processes > 0 {
			continue
		}
		threads := count / processes
		g := group{name: fmt.Sprintf("%d x %d", processes, threads)}
		for _, p := range commtest.New(processes) {
			r := open(t, threads)
			if processes > 1 {
				r.Join(p, false)
			}
			g.processes = append(g.processes, r)
		}
		all = append(all, g)
	}
	return all
}

// each runs f in every replica, which must not fail.
func each(t *testing.T, g group, f func(c comm.Comm, e kernel.Engine)) {
	t.Helper()
	var all errgroup.Group
	for _, r := range g.processes {
		all.Go(func() error {
			return r.Do(func(rank int, e kernel.Engine) error { f(r.Comm(rank), e); return nil })
		})
	}
	if err := all.Wait(); err != nil {
		t.Fatalf("%s: %v", g.name, err)
	}
}

func TestMembers(t *testing.T) {
	for _, count := range []int{1, 3} {
		for _, g := range groups(t, count) {
			ranks := make([]int, count)
			each(t, g, func(c comm.Comm, _ kernel.Engine) {
				if c.Size() != count || comm.Divided(c) != (count > 1) {
					t.Errorf("size %d of %d", c.Size(), count)
				}
				ranks[c.Rank()]++
			})
			if slices.Min(ranks) != 1 {
				t.Errorf("%s: ranks %v", g.name, ranks)
			}
		}
	}
}

func TestAllGather(t *testing.T) {
	for _, count := range []int{1, 2, 3, 4} {
		for _, g := range groups(t, count) {
			results := make([][]float32, count)
			each(t, g, func(c comm.Comm, e kernel.Engine) {
				at := float32(10 * c.Rank())
				src := filled(e, []float32{at, at + 1, at + 2, at + 3}, 2, 2)
				dst := e.New(kernel.F32, 2*count, 2)
				c.AllGather(dst, src)
				e.Zero(src) // which nobody needs any more
				results[c.Rank()] = slices.Clone(kernel.Slice[float32](dst))
			})
			want := []float32{0, 1, 2, 3, 10, 11, 12, 13, 20, 21, 22, 23, 30, 31, 32, 33}[:4*count]
			for rank, got := range results {
				if !slices.Equal(got, want) {
					t.Errorf("%s: rank %d has %v", g.name, rank, got)
				}
			}
		}
	}
}

// TestAllReduceRunsInOrderOfRank: in float32 other orders of these numbers have other sums. Threads
// of a process are summed before processes.
func TestAllReduceRunsInOrderOfRank(t *testing.T) {
	values := [][]float32{{1e8, 1}, {-1e8, 1e8}, {1, -1e8}, {1, 1}}
	for _, g := range groups(t, 4) {
		want := []float32{2, 1}
		if g.name == "2 x 2" {
			want = []float32{2, 0}
		}
		allReduce(t, g, values, want)
	}
}

// allReduce has replicas sum values at once and while they compute on, and wants all to have the
// same; or the first of each process.
func allReduce(t *testing.T, g group, values [][]float32, want []float32) {
	t.Helper()
	for range 20 {
		results := make([][]float32, 4)
		each(t, g, func(c comm.Comm, e kernel.Engine) {
			own := values[c.Rank()]
			a, b, d := filled(e, own, 2), filled(e, own[:1], 1), filled(e, own[1:])
			if later, ok := c.(comm.Later); ok {
				later.AllReduceLater(a)
				later.AllReduce(b)
				later.AllReduceLater(d)
				later.Arrived()
			} else {
				c.AllReduce(a, b, d)
			}
			first := filled(e, own, 2)
			c.Reduce(first)
			if got := kernel.Slice[float32](first); comm.Leads(c) && !slices.Equal(got, want) {
				t.Errorf("%s: rank %d reduced to %v", g.name, c.Rank(), got)
			}
			results[c.Rank()] = slices.Concat(
				kernel.Slice[float32](a), kernel.Slice[float32](b), kernel.Slice[float32](d),
			)
		})
		for rank, got := range results {
			if !slices.Equal(got, slices.Concat(want, want)) {
				t.Fatalf("%s: rank %d has %v", g.name, rank, got)
			}
		}
	}
}

// TestManyCollectives makes hundreds of calls of all kinds in a row, over the same memory. Results
// are those of one replica that holds everything.
func TestManyCollectives(t *testing.T) {
	for _, g := range groups(t, 4) {
		manyCollectives(t, g)
	}
}

func manyCollectives(t *testing.T, g group) {
	t.Helper()
	const count, rounds = 4, 300
	got := make([]string, count)
	each(t, g, func(c comm.Comm, e kernel.Engine) {
		x, all := filled(e, []float32{1 + float32(c.Rank())}, 1, 1), e.New(kernel.F32, count, 1)
		first := e.New(kernel.F32, 1, 1)
		order := rng.For(1, rng.Synthetic) // the same in all
		for range rounds {
			switch order.IntN(3) {
			case 0:
				c.AllReduce(x)
				e.Scale(x, x, 1./count)
			case 1:
				c.AllGather(all, x)
				e.Add(x, x, all.Part((c.Rank()+1)%count, (c.Rank()+1)%count+1))
				e.Scale(x, x, 0.5)
			case 2:
				e.Copy(first, x)
				c.Reduce(first)
			}
		}
		c.AllGather(all, x)
		got[c.Rank()] = fmt.Sprint(kernel.Slice[float32](all))
	})
	for _, other := range got[1:] {
		if other != got[0] {
			t.Errorf("%s: members disagree: %v", g.name, got)
		}
	}
}
