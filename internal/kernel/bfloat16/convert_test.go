package bfloat16

import (
	"math"
	"testing"

	"cmae/internal/kernel"
	"cmae/internal/rng"
)

func TestRoundToBFloat16(t *testing.T) {
	bits := func(b uint32) float32 { return math.Float32frombits(b) }
	for _, c := range []struct {
		in   float32
		want uint16
	}{
		{1, 0x3f80}, {-2, 0xc000}, {0, 0}, {float32(math.Inf(1)), 0x7f80},
		{bits(0x3f808000), 0x3f80}, // halfway, even below
		{bits(0x3f818000), 0x3f82}, // halfway, even above
		{bits(0x3f808001), 0x3f81}, // above halfway
		{bits(0x7f7fffff), 0x7f80}, // the largest float32 rounds to infinity
		{bits(0x7f800001), 0x7fc0}, // NaN whose payload would vanish
	} {
		var got [1]kernel.Bits16
		if Round(got[:], []float32{c.in}); uint16(got[0]) != c.want {
			t.Errorf("%x rounds to %x, want %x", math.Float32bits(c.in), got[0], c.want)
		}
	}
}

func TestGroupsRoundAsTheLoopDoes(t *testing.T) {
	src := []float32{
		0, 1, -1, float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1)), math.MaxFloat32,
		math.SmallestNonzeroFloat32, math.Float32frombits(0x7f800001),
		math.Float32frombits(0xffffffff), math.Float32frombits(0x3f808000),
		math.Float32frombits(0x3f818000), math.Float32frombits(0x3f808001),
		math.Float32frombits(0x00008000), math.Float32frombits(0x807fffff),
	}
	r := rng.For(9, rng.Synthetic)
	for range 1000 {
		src = append(src, math.Float32frombits(r.Uint32()))
	}
	got, want := make([]kernel.Bits16, len(src)), make([]kernel.Bits16, len(src))
	Round(got, src)
	roundLoop(want, src)
	for i, v := range src {
		if got[i] != want[i] {
			t.Errorf("%v (%#x) becomes %#x, want %#x", v, math.Float32bits(v), got[i], want[i])
		}
	}
}

// Every bfloat16 widens to the number whose upper half it is, and comes back.
func TestWiden(t *testing.T) {
	src := make([]kernel.Bits16, 1<<16+3)
	for i := range src {
		src[i] = kernel.Bits16(i)
	}
	got, wide := make([]float32, len(src)), make([]float64, len(src))
	Widen(got, src)
	Widen(wide, src)
	for i, v := range src {
		if math.Float32bits(got[i]) != uint32(v)<<16 {
			t.Fatalf("%#x widens to %v", v, got[i])
		}
		if float32(wide[i]) != got[i] && got[i] == got[i] {
			t.Fatalf("%#x widens to %v in float64, %v in float32", v, wide[i], got[i])
		}
	}
}
