package xla

import (
	"errors"
	"os"
	"testing"

	"cmae/internal/dl"
	"cmae/internal/kernel/kerneltest"
	"cmae/internal/kernel/pjrt"
	"cmae/internal/kernel/portable"
)

// full is set where tests may take long.
const full = "CMAE_TEST_FULL"

// openTest gives an engine that lives as long as the test; without a plugin the test is skipped.
func openTest(t testing.TB) *Engine {
	t.Helper()
	e, err := open(pjrt.Find(), false)
	if errors.Is(err, pjrt.ErrNotFound) || errors.Is(err, dl.ErrUnsupported) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

// TestAgainstPortable has the tolerances of package onednn's test.
func TestAgainstPortable(t *testing.T) {
	e := openTest(t)
	t.Log(e.library)
	all := kerneltest.Tolerances{F32: 1e-5, BF16: 2e-2, F64: 1e-12}
	kerneltest.Conformance(t, e, portable.New(1), all)
	compiled := e.Compiled().Programs
	kerneltest.SameBits(t, e, e)
	if more := e.Compiled().Programs - compiled; more > 0 {
		t.Errorf("the same calls made %d more programs", more)
	}
	t.Logf("%+v", e.Compiled())
}

// TestRunsRepeat has each engine compile for itself.
func TestRunsRepeat(t *testing.T) {
	if os.Getenv(full) == "" {
		t.Skip("minutes of compiling; set " + full)
	}
	var engines [2]*Engine
	for i := range engines {
		t.Setenv("XDG_CACHE_HOME", t.TempDir()) // else one loads what the other has kept
		engines[i] = openTest(t)
	}
	kerneltest.SameBits(t, engines[0], engines[1])
}
