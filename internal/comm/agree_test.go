package comm_test

import (
	"errors"
	"fmt"
	"syscall"
	"testing"

	"golang.org/x/sync/errgroup"

	"cmae/internal/comm"
	"cmae/internal/comm/commtest"
	"cmae/internal/fault"
)

// TestAgree: the error of one process is one in all, with its text and exit code.
func TestAgree(t *testing.T) {
	own := fmt.Errorf("%w: no such image", fault.Data)
	for _, c := range []struct {
		name    string
		errs    [3]error
		others  string // what those say that have none
		code    int
		unaware int // a rank that had none, -1 if all had
	}{
		{"nobody", [3]error{}, "<nil>", 0, 0},
		{"one", [3]error{nil, own, nil}, "rank 1: bad data: no such image", 3, 2},
		{
			"the first counts", [3]error{nil, fmt.Errorf("%w", fault.Usage), own},
			"rank 1: cannot run", 2, 2,
		},
		{"a signal", [3]error{nil, nil, fault.Signal(syscall.SIGTERM)}, "terminated", 143, 0},
	} {
		var all errgroup.Group
		for _, p := range commtest.New(3) {
			all.Go(func() error {
				err := comm.Agree(p, c.errs[p.Rank()])
				if again := comm.Agree(p, err); again != err {
					t.Errorf("%s: agreed anew: %v", c.name, again)
				}
				if got := fault.ExitCode(err); got != c.code {
					t.Errorf("%s: rank %d ends with %d, want %d", c.name, p.Rank(), got, c.code)
				}
				if p.Rank() == c.unaware && fmt.Sprint(err) != c.others {
					t.Errorf("%s: rank %d says %v", c.name, p.Rank(), err)
				}
				if errors.Is(c.errs[p.Rank()], own) && c.name == "one" && !errors.Is(err, own) {
					t.Errorf("%s: its own error is lost: %v", c.name, err)
				}
				return nil
			})
		}
		_ = all.Wait()
	}
	if err := comm.Agree(nil, own); err != own {
		t.Errorf("alone: %v", err)
	}
}

// TestSame: what differs from the first process's is an error in all.
func TestSame(t *testing.T) {
	for _, c := range []struct {
		has  [2]string
		want int
	}{{[2]string{"a", "a"}, 0}, {[2]string{"a", "b"}, 2}} {
		var all errgroup.Group
		for _, p := range commtest.New(2) {
			all.Go(func() error {
				err := comm.Same(p, "the program", c.has[p.Rank()], "install the same one")
				if fault.ExitCode(err) != c.want {
					t.Errorf("%v: %v", c.has, err)
				}
				return nil
			})
		}
		_ = all.Wait()
	}
}
