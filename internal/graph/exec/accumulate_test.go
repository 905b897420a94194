package exec_test

import (
	"math"
	"testing"

	"golang.org/x/sync/errgroup"

	"cmae/internal/comm"
	"cmae/internal/comm/commtest"
	"cmae/internal/graph/exec"
	"cmae/internal/kernel"
)

// counted are processes that count what they say.
type counted struct {
	comm.Processes
	jobs int
}

func (c *counted) Go(job func(l comm.Link)) (wait func()) {
	c.jobs++
	return c.Processes.Go(job)
}

// TestAccumulate: gradients of several runs add up, again and again, in replicas and in processes,
// which speak to each other in the last run only.
func TestAccumulate(t *testing.T) {
	const batch, runs = 4, 3
	feed := func(f *exec.Func, run int) error {
		x := make([]float32, batch) // of this process and its replicas
		for i := range x {
			x[i] = float32(run + 1)
		}
		exec.Feed(f, "shift", []float64{0})
		exec.Feed(f, "x", x)
		exec.Feed(f, "target", make([]float32, batch))
		return f.Run()
	}
	// the gradient of mean (wx)^2 is 2x^2 where w is 1
	const want = 2 * (1 + 4 + 9)
	for _, count := range []int{1, 2} {
		r, p, out := open(t, count)
		f, err := exec.Compile(r, p, kernel.F64, regression(batch, 1, 1))
		if err != nil {
			t.Fatal(err)
		}
		f.Accumulate(runs)
		for i := range 2 * runs {
			if err := feed(f, i%runs); err != nil {
				t.Fatal(err)
			}
		}
		if dw := kernel.Read[float64](p.Engine(), f.Grads()[0]); !near(dw, want) {
			t.Errorf("%d replicas: %v, want %v", count, dw, want)
		}
		if err := f.Close(); err != nil || *out != 1 {
			t.Errorf(
				"%d replicas: %v; %d tensors are left beside the parameter", count, err, *out-1,
			)
		}
	}
	var all errgroup.Group
	for _, one := range commtest.New(2) {
		c := &counted{Processes: one}
		r, p, _ := open(t, 1)
		r.Join(c, false)
		all.Go(func() error {
			f, err := exec.Compile(r, p, kernel.F64, regression(2*batch, 1, 1))
			if err != nil {
				return err
			}
			f.Accumulate(runs)
			for i := range 2 * runs {
				before := c.jobs
				if err := feed(f, i%runs); err != nil {
					return err
				}
				said, last := c.jobs-before, i%runs == runs-1
				if said != map[bool]int{true: 1}[last] {
					t.Errorf("run %d: %d messages", i, said)
				}
			}
			if dw := kernel.Read[float64](p.Engine(), f.Grads()[0]); !near(dw, want) {
				t.Errorf("rank %d: %v, want %v", c.Rank(), dw, want)
			}
			return f.Close()
		})
	}
	if err := all.Wait(); err != nil {
		t.Fatal(err)
	}
}

// TestNotFiniteShard: the loss and the gradients that one process's shard makes not finite, in one
// of several runs, are so in all processes.
func TestNotFiniteShard(t *testing.T) {
	const batch, runs = 4, 3
	for _, half := range []bool{false, true} {
		var all errgroup.Group
		for _, c := range commtest.New(2) {
			r, p, _ := openReal(t, 1, kernel.F32)
			r.Join(c, half)
			all.Go(func() error {
				f, err := exec.Compile(r, p, kernel.F32, regression(2*batch, 1, 1))
				if err != nil {
					return err
				}
				f.Accumulate(runs)
				for run := range runs {
					x := make([]float32, batch)
					if run == 1 && c.Rank() == 1 {
						x[2] = float32(math.Inf(1))
					}
					exec.Feed(f, "shift", []float64{0})
					exec.Feed(f, "x", x)
					exec.Feed(f, "target", make([]float32, batch))
					if err := f.Run(); err != nil {
						return err
					}
					loss := exec.Read[float64](f, exec.Loss)[0]
					if kernel.Finite(loss) == (run == 1) {
						t.Errorf("rank %d: loss %v in run %d", c.Rank(), loss, run)
					}
				}
				if dw := kernel.Read[float64](p.Engine(), f.Grads()[0])[0]; kernel.Finite(dw) {
					t.Errorf("rank %d: gradient %v", c.Rank(), dw)
				}
				return f.Close()
			})
		}
		if err := all.Wait(); err != nil {
			t.Fatal(err)
		}
	}
}
