package portable

import "math"

// exp is e^x: math.Exp in float64, exp32 in float32.
func exp[T float](x T) T {
	if v, ok := any(x).(float32); ok {
		return T(exp32(v))
	}
	return T(math.Exp(float64(x)))
}

// Constants of exp32: x = n ln2 + r with |r| <= ln2/2, and ln2 in two parts so that n ln2 loses
// nothing.
const (
	ln2High  = 0.693359375
	ln2Low   = -2.12194440054690583e-4
	expLeast = -87.33654 // below it e^x is no normal float32
	expMost  = 88.72283  // above it e^x is no finite one
	// shifter added to a small float32 rounds it to an integer, which then sits in the low bits.
	shifter = 3 << 22
)

// exp32 is e^x within 1.5e-7 relative; 0 where e^x is below the normal numbers.
func exp32(x float32) float32 {
	switch {
	case x > expMost:
		return float32(math.Inf(1))
	case x < expLeast:
		return 0
	case x != x:
		return x
	}
	shifted := float32(x*math.Log2E) + shifter
	n := shifted - shifter
	r := x - n*ln2High - n*ln2Low
	// Taylor's series to r^7: the next term is below 2^-27 for |r| <= ln2/2.
	p := float32(1.0 / 5040)
	p = p*r + 1.0/720
	p = p*r + 1.0/120
	p = p*r + 1.0/24
	p = p*r + 1.0/6
	p = p*r + 0.5
	p = p*r*r + r + 1
	// 2^n in two factors: n reaches 128, which is no exponent by itself.
	k := int32(n)
	half := k >> 1
	return p * math.Float32frombits(uint32(half+127)<<23) * math.Float32frombits(
		uint32(k-half+127)<<23,
	)
}
