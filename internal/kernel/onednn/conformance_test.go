package onednn

import (
	"errors"
	"runtime"
	"testing"

	"cmae/internal/dl"
	"cmae/internal/kernel/kerneltest"
	"cmae/internal/kernel/portable"
)

// open gives an engine that lives as long as the test, on a locked thread; without a library the
// test is skipped.
func open(t testing.TB) *Engine {
	t.Helper()
	e, err := Open(0)
	if errors.Is(err, ErrNotFound) || errors.Is(err, dl.ErrUnsupported) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	runtime.LockOSThread()
	e.setThreads()
	t.Cleanup(func() { e.Close() })
	return e
}

// Float32 rounds to 6e-8; sums of 400 terms in its order come out within 1e-5. BF16 rounds to 4e-3.
func TestAgainstPortable(t *testing.T) {
	e := open(t)
	t.Logf("version %s", e.version)
	kerneltest.Conformance(
		t, e, portable.New(2), kerneltest.Tolerances{F32: 1e-5, BF16: 2e-2, F64: 1e-12},
	)
	if e.lacks16 == nil { // the other way to compute in bf16, too
		e.native16 = !e.native16
		kerneltest.Conformance(t, e, portable.New(2), kerneltest.Tolerances{BF16: 2e-2})
	}
}

func TestRunsRepeat(t *testing.T) { kerneltest.SameBits(t, open(t), open(t)) }
