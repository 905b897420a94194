package kerneltest_test

import (
	"strings"
	"testing"

	"cmae/internal/kernel"
	"cmae/internal/kernel/compose"
	"cmae/internal/kernel/kerneltest"
	"cmae/internal/kernel/portable"
)

func remote(t *testing.T) *kerneltest.Remote {
	t.Helper()
	d, err := kerneltest.NewRemote(portable.New(2))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// TestADeviceConforms: nothing in the suite, and nothing that is composed, asks for more than the
// contract gives.
func TestADeviceConforms(t *testing.T) {
	kerneltest.Conformance(
		t, compose.Complete(remote(t)), portable.New(2),
		kerneltest.Tolerances{F32: 1e-5, BF16: 2e-2, F64: 1e-12},
	)
}

// TestADeviceIsStrict: it computes when it is asked, and refuses what memory of bytes would bear.
func TestADeviceIsStrict(t *testing.T) {
	d := remote(t)
	src := []float32{1, 2}
	x, y := d.New(kernel.F32, 2), d.New(kernel.F32, 2)
	d.Upload(x, kernel.Bytes(src))
	src[0] = 5
	d.Add(y, x, x)
	if d.Computed != 0 {
		t.Error("computed before anybody asked")
	}
	if got := kernel.Scalar(d, y.Part(0, 1)); got != 2 || d.Computed != 2 {
		t.Errorf("got %v after %d calls", got, d.Computed)
	}
	d.Drop(x, []kernel.Tensor{x.Part(1, 2)})
	if got := kernel.Scalar(d, x.Part(1, 2)); got != 2 {
		t.Errorf("kept %v", got)
	}
	for name, read := range map[string]kernel.Tensor{
		"was dropped": x, "bf16 is read": y.At(0, kernel.BF16, 2),
	} {
		func() {
			defer func() {
				if r, _ := recover().(string); !strings.Contains(r, name) {
					t.Errorf("%s: %q", name, r)
				}
			}()
			d.Download(make([]byte, read.Bytes()), read)
		}()
	}
}
