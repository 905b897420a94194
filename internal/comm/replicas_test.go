package comm_test

import (
	"errors"
	"testing"

	"cmae/internal/comm"
	"cmae/internal/kernel"
	"cmae/internal/kernel/portable"
)

// open makes replicas on portable engines.
func open(t *testing.T, count int) *comm.Replicas {
	t.Helper()
	e := portable.New(1)
	r, err := comm.New(e, count, func() (kernel.Engine, error) { return portable.New(1), nil })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close(); e.Close() })
	return r
}

func TestCount(t *testing.T) {
	const small, large = 1 << 20, 1 << 30
	for _, c := range []struct{ threads, batch, gradients, step, want int }{
		{1, 64, small, large, 1},
		{2, 64, small, large, 2},
		{2, 63, small, large, 1}, // not to be halved
		{2, 12, small, large, 1}, // shards too small
		{16, 64, small, large, 8},
		{6, 128, small, large, 2}, // 6 and 3 don't divide the batch
		// 5 would hold no more gradient than one holds of all, but don't divide
		{16, 64, small, 4 * small, 4},
		{16, 64, large, small, 1}, // gradients outweigh
		{4, 64, 0, large, 4},      // nothing trained
	} {
		if got := comm.Count(c.threads, c.batch, c.gradients, c.step); got != c.want {
			t.Errorf("%+v: got %d", c, got)
		}
	}
}

// TestFailure: an error or a panic of one replica comes out of Do, whatever the others wait for,
// and the replicas go on with the next work.
func TestFailure(t *testing.T) {
	r := open(t, 3)
	broken := errors.New("broken")
	for name, wait := range map[string]func(c comm.Comm, x, all kernel.Tensor){
		"all-gather": func(c comm.Comm, x, all kernel.Tensor) { c.AllGather(all, x) },
		"all-reduce": func(c comm.Comm, x, _ kernel.Tensor) { c.AllReduce(x) },
		"reduce":     func(c comm.Comm, x, _ kernel.Tensor) { c.Reduce(x) },
	} {
		collective := func(rank int, e kernel.Engine) {
			wait(r.Comm(rank), e.New(kernel.F32, 1, 2), e.New(kernel.F32, 3, 2))
		}
		for _, fail := range []func() error{
			func() error { return broken }, func() error { panic(broken) },
		} {
			aborted := make([]bool, 3)
			err := r.Do(func(rank int, e kernel.Engine) error {
				if rank == 1 {
					return fail()
				}
				defer func() {
					err, _ := recover().(error)
					aborted[rank] = errors.Is(err, comm.ErrAborted)
					panic(err)
				}()
				collective(rank, e)
				return nil
			})
			if !errors.Is(err, broken) || !aborted[0] || !aborted[2] {
				t.Errorf("%s: got %v, others aborted: %v", name, err, aborted)
			}
			err = r.Do(func(rank int, e kernel.Engine) error { collective(rank, e); return nil })
			if err != nil {
				t.Errorf("%s: after a failure: %v", name, err)
			}
		}
	}
}

func TestOpeningFails(t *testing.T) {
	e := portable.New(1)
	defer e.Close()
	broken, opened := errors.New("no engine"), make(chan bool, 1)
	_, err := comm.New(e, 2, func() (kernel.Engine, error) {
		select {
		case opened <- true:
			return portable.New(1), nil
		default:
			return nil, broken
		}
	})
	if !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}
