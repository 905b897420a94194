package compose

import (
	"testing"

	"cmae/internal/kernel"
	"cmae/internal/kernel/kerneltest"
	"cmae/internal/kernel/portable"
)

// bare is an engine that has what it must and nothing else.
type bare struct{ kernel.Core }

// Composed of float32 operations, a result has been rounded some ten times.
func TestAgainstPortable(t *testing.T) {
	e := Complete(bare{portable.New(2)})
	defer e.Close()
	kerneltest.Conformance(
		t, e, portable.New(2), kerneltest.Tolerances{F32: 1e-5, BF16: 2e-2, F64: 1e-12},
	)
}

func TestBitsDoNotDependOnThreads(t *testing.T) {
	kerneltest.SameBits(t, Complete(bare{portable.New(2)}), Complete(bare{portable.New(1)}))
}
