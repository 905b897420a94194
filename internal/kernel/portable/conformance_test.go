package portable

import (
	"testing"

	"cmae/internal/kernel/kerneltest"
)

// Float32 rounds to 6e-8; the longest sums here have 400 terms and come out within 3e-6. BF16
// rounds to 4e-3.
func TestAgainstNaiveLoops(t *testing.T) {
	kerneltest.Conformance(
		t, New(2), naive{New(1)}, kerneltest.Tolerances{F32: 5e-6, BF16: 2e-2, F64: 1e-12},
	)
}

func TestBitsDoNotDependOnThreads(t *testing.T) {
	for _, threads := range []int{2, 3} {
		kerneltest.SameBits(t, New(threads), New(1))
	}
}
