package onednn

import (
	"math"
	"testing"

	"cmae/internal/kernel"
	"cmae/internal/kernel/portable"
)

// In F32, GELU is within three roundings of its value (oneDNN's own is within 1.5e-7 of 1, which
// far left of 0 is all of it), by itself and in every epilogue.
func TestGELUIsExact(t *testing.T) {
	e := open(t)
	if !portable.Vectorized() {
		t.Skip("GELU is oneDNN's on this CPU")
	}
	const n = 1000
	x, y := e.New(kernel.F32, n, 1), e.New(kernel.F32, n, 1)
	pre, one := e.New(kernel.F32, n, 1), e.New(kernel.F32, 1, 1)
	from, to := kernel.Slice[float32](x), kernel.Slice[float32](y)
	kernel.Slice[float32](one)[0] = 1
	for i := range from {
		from[i] = 12*float32(i)/n - 6
	}
	for name, run := range map[string]func(){
		"alone":    func() { e.GELU(y, x) },
		"epilogue": func() { e.Linear(y, x, one, kernel.Epilogue{GELU: true}) },
		"with Pre": func() { e.Linear(y, x, one, kernel.Epilogue{GELU: true, Pre: pre}) },
		"before a residual": func() {
			e.Zero(y)
			e.Linear(y, x, one, kernel.Epilogue{GELU: true, Residual: y})
		},
	} {
		run()
		for i, v := range from {
			want := float64(v) * math.Erfc(-float64(v)/math.Sqrt2) / 2
			if math.Abs(float64(to[i])-want) > 2e-7*math.Abs(want) {
				t.Errorf("%s: gelu(%v) = %v, want %v", name, v, to[i], want)
				break
			}
		}
	}
}
