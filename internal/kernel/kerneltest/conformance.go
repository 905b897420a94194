// Package kerneltest checks engines against each other and gradients against finite differences.
//
// Read conformance.go, values.go (operands), then the cases (dense.go, norms.go, elementwise.go,
// rows.go, images.go, tokens.go, losses.go, updates.go); gradcheck.go stands alone, as do remote.go
// and remote_calls.go, an engine as devices have them. A case is a function that is run once on
// each engine: it asks its side for operands, which hold the same numbers on both, and for results,
// which are compared.
package kerneltest

import (
	"fmt"
	"math"
	"testing"

	"cmae/internal/kernel"
	"cmae/internal/rng"
)

// Tolerances bound |got - want| of each element by tolerance * max(1, largest |want| of its
// tensor). A type of tolerance 0 is left out.
type Tolerances struct {
	F32  float64 // all operands F32
	BF16 float64 // activations BF16, the rest F32
	F64  float64 // all operands F64
}

// Conformance runs every primitive on random operands of several shapes and compares e with
// reference. The reference computes in F64 on the same numbers; the engine under test in the types
// for which a tolerance is given.
func Conformance(t *testing.T, e, reference kernel.Engine, tolerance Tolerances) {
	t.Helper()
	for _, v := range []struct {
		name      string
		kind      types
		tolerance float64
	}{
		{"f32", types{kernel.F32, kernel.F32}, tolerance.F32},
		{"bf16", types{kernel.F32, kernel.BF16}, tolerance.BF16},
		{"f64", types{kernel.F64, kernel.F64}, tolerance.F64},
	} {
		if v.tolerance == 0 {
			continue
		}
		for _, c := range cases() {
			t.Run(v.name+"/"+c.name, func(t *testing.T) {
				got := c.results(e, v.kind, v.kind.small == kernel.BF16)
				want := c.results(
					reference, types{kernel.F64, kernel.F64}, v.kind.small == kernel.BF16,
				)
				for i := range want {
					compare(t, i, got[i], want[i], v.tolerance)
				}
			})
		}
	}
}

// SameBits checks that two engines give equal bits, as one engine must for any number of threads.
func SameBits(t *testing.T, a, b kernel.Engine) {
	t.Helper()
	for _, kind := range []types{
		{kernel.F32, kernel.F32}, {kernel.F32, kernel.BF16}, {kernel.F64, kernel.F64},
	} {
		for _, c := range cases() {
			t.Run(fmt.Sprintf("%s/%s", kind.small, c.name), func(t *testing.T) {
				got, want := c.results(a, kind, false), c.results(b, kind, false)
				for i := range want {
					for j, v := range want[i] {
						if math.Float64bits(v) != math.Float64bits(got[i][j]) {
							t.Fatalf("result %d, element %d: %v and %v", i, j, got[i][j], v)
						}
					}
				}
			})
		}
	}
}

// types is what a run's operands are made of.
type types struct {
	full  kernel.DType // parameters, statistics, losses, the residual stream
	small kernel.DType // activations inside a block
}

// testCase runs primitives on one side.
type testCase struct {
	name string
	run  func(s *side)
}

func cases() []testCase {
	var all []testCase
	for _, list := range [][]testCase{
		denseCases(), attentionCases(), normCases(), elementwiseCases(), rowCases(),
		convolutionCases(), tokenCases(), lossCases(), updateCases(),
	} {
		all = append(all, list...)
	}
	return all
}

func (c testCase) results(e kernel.Engine, kind types, coarse bool) [][]float64 {
	s := &side{Engine: e, types: kind, coarse: coarse, draw: rng.For(1, rng.Synthetic).NormFloat64}
	defer s.free()
	c.run(s)
	return allValues(e, s.outs...)
}

// side is one engine during one case.
type side struct {
	kernel.Engine
	types
	coarse bool // numbers are rounded to bfloat16, so that both sides start from equal ones
	draw   func() float64
	mine   []kernel.Tensor
	outs   []kernel.Tensor
}

// in is a random full operand, act a random activation.
func (s *side) in(shape ...int) kernel.Tensor  { return s.random(s.full, shape) }
func (s *side) act(shape ...int) kernel.Tensor { return s.random(s.small, shape) }

// out is a full result, actOut a result of the activations' type. Both are compared.
func (s *side) out(shape ...int) kernel.Tensor    { return s.result(s.full, shape) }
func (s *side) actOut(shape ...int) kernel.Tensor { return s.result(s.small, shape) }

func (s *side) random(t kernel.DType, shape []int) kernel.Tensor {
	return s.of(t, s.draw, shape)
}

// positive is a full operand of numbers above a half.
func (s *side) positive(shape ...int) kernel.Tensor {
	return s.of(s.full, func() float64 { return 0.5 + math.Abs(s.draw()) }, shape)
}

// ones and zeros mixed, the first always 1.
func (s *side) flags(shape ...int) kernel.Tensor {
	first := true
	return s.of(s.full, func() float64 {
		if hit := s.draw() > 0; hit || first {
			first = false
			return 1
		}
		return 0
	}, shape)
}

func (s *side) of(t kernel.DType, draw func() float64, shape []int) kernel.Tensor {
	x := s.New(t, shape...)
	values := make([]float64, x.Len())
	for i := range values {
		values[i] = float64(float32(draw()))
		if s.coarse {
			values[i] = float64(
				math.Float32frombits(math.Float32bits(float32(values[i])) &^ 0xffff),
			)
		}
	}
	Fill(s.Engine, x, values)
	s.mine = append(s.mine, x)
	return x
}

// result starts out as nonsense, since a primitive must overwrite all of it.
func (s *side) result(t kernel.DType, shape []int) kernel.Tensor {
	x := s.of(t, func() float64 { return 1e6 }, shape)
	s.outs = append(s.outs, x)
	return x
}

// also compares a tensor that is operand and result at once.
func (s *side) also(t kernel.Tensor) kernel.Tensor {
	s.outs = append(s.outs, t)
	return t
}

// free has an engine that records do so at once: what the next case records is then the same
// whatever came before, and so is its program.
func (s *side) free() {
	for _, t := range s.mine {
		s.Free(t)
	}
	if r, ok := s.Engine.(kernel.Starter); ok {
		r.Start()
	}
}

func compare(t *testing.T, result int, got, want []float64, tolerance float64) {
	t.Helper()
	largest := 1.0
	for _, v := range want {
		largest = max(largest, math.Abs(v))
	}
	for i, v := range want {
		if d := math.Abs(got[i] - v); !(d <= tolerance*largest) {
			t.Fatalf(
				"result %d, element %d of %d: got %v, want %v (off by %.2g of the largest, "+
					"allowed %.2g)",
				result, i, len(want), got[i], v, d/largest, tolerance,
			)
		}
	}
}
