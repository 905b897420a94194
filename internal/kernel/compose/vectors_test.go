package compose_test

import (
	"path/filepath"
	"strings"
	"testing"

	"cmae/internal/kernel"
	"cmae/internal/kernel/compose"
	"cmae/internal/kernel/kerneltest"
	"cmae/internal/kernel/portable"
	"cmae/internal/tools/verify"
)

// TestWholeSteps runs the reference steps of every method on an engine that has only what it must,
// in the host's memory and, later than called, in its own.
func TestWholeSteps(t *testing.T) {
	files, _ := filepath.Glob("../../tools/verify/testdata/*.safetensors")
	if len(files) == 0 {
		t.Fatal("no reference files")
	}
	device, err := kerneltest.NewRemote(portable.New(0))
	if err != nil {
		t.Fatal(err)
	}
	for name, core := range map[string]kernel.Core{
		"composed": struct{ kernel.Core }{portable.New(0)}, "remote": device,
	} {
		e := compose.Complete(core)
		t.Cleanup(func() { e.Close() })
		for _, path := range files {
			for _, inner := range []kernel.DType{kernel.F32, kernel.BF16} {
				if inner == kernel.BF16 && enlarges(path) {
					continue
				}
				t.Run(name+"/"+filepath.Base(path)+"/"+inner.String(), func(t *testing.T) {
					wholeStep(t, e, path, inner)
				})
			}
		}
	}
	if device.Computed == 0 || device.Drops == 0 {
		t.Errorf("the device computed %d calls and dropped %d times", device.Computed, device.Drops)
	}
}

func wholeStep(t *testing.T, e kernel.Engine, path string, inner kernel.DType) {
	r, err := verify.Run(path, e, inner)
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range verify.Kinds {
		t.Logf("%-10s %.2e %s", k, r.Worst[k].Error, r.Worst[k].Tensor)
	}
	if !r.Passed() {
		t.Error("out of tolerance")
	}
}

// enlarges tells the steps that bfloat16 turns into others, on any engine: fifty layers of
// BatchNorm over few numbers, or one over two images.
func enlarges(path string) bool {
	return strings.Contains(path, "resnet") || strings.Contains(path, "two-images")
}
