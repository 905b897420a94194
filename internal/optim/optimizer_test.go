package optim

import (
	"math"
	"slices"
	"testing"

	"cmae/internal/kernel"
	"cmae/internal/kernel/portable"
)

// TestRestore: an optimizer whose arrays and steps are carried to another goes on with equal bits.
func TestRestore(t *testing.T) {
	for kind, prefixes := range map[Kind][]string{
		KindAdamW: {"first.", "second."}, KindSGD: {"velocity."},
	} {
		e := portable.New(1)
		defer e.Close()
		config := Default()
		config.Kind = kind
		params, twins := parameters(e, kernel.F32), parameters(e, kernel.F32)
		a, b := New(config, e, params), New(config, e, twins)
		var grads []kernel.Tensor
		for _, p := range parameters(e, kernel.F32) { // any numbers will do
			grads = append(grads, p.Value)
		}
		a.Step(grads, 0.1, 1)
		a.Step(grads, 0.1, 1)
		arrays, copies := a.State(), b.State()
		for i, m := range arrays {
			if want := prefixes[i%len(prefixes)] + params[i/len(prefixes)].Name; m.Name != want ||
				copies[i].Name != want {
				t.Fatalf(
					"array %d is %s in one and %s in the other, want %s", i, m.Name, copies[i].Name,
					want,
				)
			}
			e.Copy(copies[i].Value, m.Value)
		}
		for i, p := range params {
			e.Copy(twins[i].Value, p.Value)
		}
		b.Restore(2)
		a.Step(grads, 0.1, 1)
		b.Step(grads, 0.1, 1)
		for i, p := range params {
			if !slices.Equal(
				kernel.Read[float32](e, p.Value), kernel.Read[float32](e, twins[i].Value),
			) {
				t.Errorf("%s: %s goes on differently", kind, p.Name)
			}
		}
		if len(arrays) != len(prefixes)*len(params) {
			t.Errorf("%s: %d arrays", kind, len(arrays))
		}
	}
}

func TestNormAndClip(t *testing.T) {
	e := portable.New(1)
	defer e.Close()
	a := New(Default(), e, nil)
	x, y := e.New(kernel.F32, 2), e.New(kernel.F32, 1)
	kernel.Write(e, x, []float64{2, 3})
	kernel.Write(e, y, []float64{6})
	if got := kernel.Scalar(e, a.Norm([]kernel.Tensor{x, y})); got != 7 {
		t.Errorf("norm %v, want 7", got)
	}
	for _, bad := range []float64{math.NaN(), math.Inf(1)} {
		kernel.Write(e, y, []float64{bad})
		if got := kernel.Scalar(e, a.Norm([]kernel.Tensor{x, y})); !math.IsNaN(got) &&
			!math.IsInf(got, 0) {
			t.Errorf("norm %v hides %v", got, bad)
		}
	}
	for _, c := range []struct{ limit, norm, want float64 }{
		{0, 100, 1}, {7, 7, 1}, {8, 7, 1}, {1, 4, 0.25},
	} {
		// the 1e-6 added to the norm
		if got := (Config{ClipNorm: c.limit}).Clip(c.norm); math.Abs(got-c.want) > 1e-6 {
			t.Errorf("limit %v, norm %v: factor %v, want %v", c.limit, c.norm, got, c.want)
		}
	}
}
