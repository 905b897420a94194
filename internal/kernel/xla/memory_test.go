package xla

import (
	"slices"
	"testing"

	"cmae/internal/kernel"
	"cmae/internal/kernel/kerneltest"
	"cmae/internal/kernel/portable"
)

// TestMemoryIsAsOnAHost: what tensors hold that share addresses, are written in parts, freed,
// dropped and used again is what they hold on an engine of the host, however the calls are cut into
// records.
func TestMemoryIsAsOnAHost(t *testing.T) {
	for _, every := range []int{1, 2, 3, 100} {
		e := openTest(t)
		host := portable.New(1)
		defer host.Close()
		made := 0
		for round := range 3 { // the first finds fresh memory, the others what was freed
			made = e.Compiled().Programs
			got, want := scenario(e, every), scenario(host, 100)
			if !slices.EqualFunc(got, want, slices.Equal) {
				t.Errorf(
					"a look after every %d calls, round %d: %v, want %v", every, round, got, want,
				)
			}
		}
		if more := e.Compiled().Programs - made; more > 0 {
			t.Errorf("the third round, as the second, made %d more programs", more)
		}
	}
}

// scenario looks at some tensor after every so many calls.
func scenario(e kernel.Engine, every int) (all [][]float64) {
	var mine []tensor
	calls := 0
	fresh := func(shape ...int) tensor {
		mine = append(mine, e.New(kernel.F32, shape...))
		return mine[len(mine)-1]
	}
	arena := fresh(8, 4)
	called := func() {
		if calls++; calls%every == 0 {
			kerneltest.Values(e, arena)
		}
	}
	x := fresh(4, 4)
	values := make([]float64, 16)
	for i := range values {
		values[i] = float64(i + 1)
	}
	kerneltest.Fill(e, x, values)
	for i := range 4 { // row by row, in the middle of what was never written
		e.Scale(arena.Part(2+i, 3+i), x.Part(3-i, 4-i), 2)
		called()
	}
	e.Add(x, x, arena.Part(2, 6))
	called()
	e.Scale(arena.At(8, kernel.F32, 3), x.At(4, kernel.F32, 3), -1) // across rows
	called()
	y := fresh(8, 4)
	e.Copy(y, arena)
	called()
	all = append(all, kerneltest.Values(e, y), kerneltest.Values(e, x), kerneltest.Values(e, arena))
	e.Zero(arena.Part(3, 5))
	called()
	e.Add(y, y, arena)
	called()
	if d, ok := e.(kernel.Dropper); ok {
		d.Drop(arena, []tensor{arena.Part(1, 3)})
	}
	called()
	e.Mul(x.Part(0, 2), x.Part(2, 4), arena.Part(1, 3))
	called()
	return append(all, kerneltest.Values(e, x), kerneltest.Values(e, y), freed(e, mine))
}

// freed gives everything back, and reads new memory, which is zeros.
func freed(e kernel.Engine, mine []tensor) []float64 {
	for _, t := range mine {
		e.Free(t)
	}
	x := e.New(kernel.F32, 4, 4)
	defer e.Free(x)
	return kerneltest.Values(e, x)
}

// TestUploadsBelongToNoRecord: what is uploaded before, amid or after the calls that do not touch
// it gives one program and the same values.
func TestUploadsBelongToNoRecord(t *testing.T) {
	e := openTest(t)
	x, y, sum := e.New(kernel.F32, 2), e.New(kernel.F32, 2), e.New(kernel.F32, 2)
	programs := 0
	for round, early := range []bool{true, true, false, true, false} {
		value := float64(round)
		if early {
			kernel.Write(e, x, []float64{value, 1})
		}
		e.Scale(sum, y, 2)
		if !early {
			kernel.Write(e, x, []float64{value, 1})
		}
		e.Add(y, sum, x)
		e.Start()
		kernel.Write(e, x, []float64{-1, -1}) // the next one, while this one computes
		want := []float64{0, 1, 4, 11, 26}[round]
		if got := kerneltest.Values(e, y); got[0] != want {
			t.Errorf("round %d: %v, want %v", round, got, want)
		}
		if round == 1 {
			programs = e.Compiled().Programs
		}
	}
	if more := e.Compiled().Programs - programs; more > 0 {
		t.Errorf("%d more programs", more)
	}
}
