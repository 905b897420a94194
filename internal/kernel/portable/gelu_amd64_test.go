package portable

import (
	"math"
	"testing"

	"golang.org/x/sys/cpu"
)

func init() {
	if cpu.X86.HasAVX2 && cpu.X86.HasFMA {
		geluPaths = append(geluPaths, geluPath{"AVX2", geluAVX2, geluGradAVX2})
	}
	if cpu.X86.HasAVX512F {
		geluPaths = append(geluPaths, geluPath{"AVX512", geluAVX512, geluGradAVX512})
	}
}

// A number's result depends neither on the width of the registers nor on its place.
func TestGELUOfAnyWidth(t *testing.T) {
	if !cpu.X86.HasAVX512F {
		t.Skip("no AVX-512")
	}
	x := float32s()
	x = append(x, float32(math.Inf(1)), float32(math.Inf(-1)))
	dy, narrow, wide := x, make([]float32, len(x)), make([]float32, len(x))
	same := func(name string) {
		for i := range x {
			if math.Float32bits(narrow[i]) != math.Float32bits(wide[i]) {
				t.Fatalf("%s at %v: %v with AVX2, %v with AVX-512", name, x[i], narrow[i], wide[i])
			}
		}
	}
	geluAVX2(narrow, x)
	geluAVX512(wide, x)
	same("gelu")
	geluGradAVX2(narrow, x, dy)
	geluGradAVX512(wide, x, dy)
	same("gradient")
	for n := range 40 {
		from := x[50000:][:n]
		geluAVX512(wide[:n], from)
		geluAVX2(narrow[:n], x[50000:][:n])
		for i := range n {
			narrow[i] = float32(math.NaN())
			geluAVX2(narrow[i:i+1], from[i:i+1])
		}
		for i := range n {
			if narrow[i] != wide[i] {
				t.Fatalf("element %d of %d is %v, alone %v", i, n, wide[i], narrow[i])
			}
		}
	}
}
