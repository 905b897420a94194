package lanes

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"cmae/internal/kernel"
	"cmae/internal/kernel/portable"
)

// open makes lanes on portable engines.
func open(t *testing.T, count int) (*Lanes, kernel.Engine) {
	t.Helper()
	e := portable.New(1)
	l, err := New(e, count, func() (kernel.Engine, error) { return portable.New(1), nil })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close(); e.Close() })
	return l, e
}

func TestCount(t *testing.T) {
	const small, large = 1 << 20, 1 << 30
	for _, c := range []struct{ threads, batch, gradients, activations, want int }{
		{1, 64, small, large, 1},
		{2, 64, small, large, 2},
		{2, 63, small, large, 1}, // not to be halved
		{2, 12, small, large, 1}, // shares too small
		{16, 64, small, large, 8},
		{6, 128, small, large, 2}, // 6 and 3 don't divide the batch
		// 3 would hold as much gradient as half the activations, but don't divide
		{16, 64, small, 4 * small, 2},
		{16, 64, large, small, 1}, // gradients outweigh
		{4, 64, 0, large, 4},      // nothing trained
	} {
		if got := Count(c.threads, c.batch, c.gradients, c.activations); got != c.want {
			t.Errorf("%+v: got %d", c, got)
		}
	}
}

func TestCheck(t *testing.T) {
	for _, c := range []struct {
		count, batch, parts int
		want                string
	}{
		{0, 63, 1, ""}, {1, 63, 1, ""}, {2, 64, 1, ""}, {2, 64, 2, ""},
		{-1, 64, 1, "lanes: -1 must not be negative"},
		{512, 1024, 1, "lanes: 512 is above 256"},
		{2, 63, 1, "lanes: 2 don't divide the 63 images"},
		{4, 8, 4, "lanes: 4 don't divide the 2 images"},
	} {
		err := Check(c.count, c.batch, c.parts)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

// TestFailure: an error or a panic of one lane comes out of Do, whatever the others wait for, and
// the lanes go on with the next work.
func TestFailure(t *testing.T) {
	l, _ := open(t, 3)
	broken := errors.New("broken")
	for _, fail := range []func() error{
		func() error { return broken }, func() error { panic(broken) },
	} {
		err := l.Do(func(lane int, e kernel.Engine) error {
			if lane == 1 {
				return fail()
			}
			meet(e)
			return nil
		})
		if !errors.Is(err, broken) {
			t.Errorf("got %v", err)
		}
		if err := l.Do(func(_ int, e kernel.Engine) error { meet(e); return nil }); err != nil {
			t.Errorf("after a failure: %v", err)
		}
	}
}

// meet does something in which lanes wait for each other.
func meet(e kernel.Engine) {
	x, y, stat := e.New(kernel.F64, 2, 3), e.New(kernel.F64, 2, 3), e.New(kernel.F64, 1, 3)
	e.BatchNorm(y, stat, stat, x, kernel.Tensor{}, kernel.Tensor{}, 1e-5, 1, kernel.Finish{})
}

func TestOpeningFails(t *testing.T) {
	e := portable.New(1)
	defer e.Close()
	broken, opened := errors.New("no engine"), make(chan bool, 1)
	_, err := New(e, 2, func() (kernel.Engine, error) {
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

func TestSum(t *testing.T) {
	l, e := open(t, 3)
	var grads [][]kernel.Tensor
	for lane := range 3 {
		g := []kernel.Tensor{e.New(kernel.F32, 1), e.New(kernel.F32, 2)}
		for i := range g {
			values := kernel.Slice[float32](g[i])
			for j := range values {
				values[j] = float32(100*lane + 10*i + j)
			}
		}
		grads = append(grads, g)
	}
	if err := l.Sum(grads); err != nil {
		t.Fatal(err)
	}
	got := slices.Concat(kernel.Slice[float32](grads[0][0]), kernel.Slice[float32](grads[0][1]))
	if !slices.Equal(got, []float32{300, 330, 333}) {
		t.Errorf("got %v", got)
	}
}

// TestKeepHasTheShapeAskedFor: memory kept for a larger batch serves a smaller one at the same
// address.
func TestKeepHasTheShapeAskedFor(t *testing.T) {
	l, e := open(t, 2)
	like := e.New(kernel.F32, 1)
	large := l.meeting.keep(like, 4, 4)
	small := l.meeting.keep(like, 2, 2)
	if small.Data != large.Data || !slices.Equal(small.Shape, []int{2, 2}) {
		t.Errorf("got %v at %v, want [2 2] at %v", small.Shape, small.Data, large.Data)
	}
}
