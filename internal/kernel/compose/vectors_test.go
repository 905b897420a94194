package compose_test

import (
	"path/filepath"
	"testing"

	"cmae/internal/kernel"
	"cmae/internal/kernel/compose"
	"cmae/internal/kernel/portable"
	"cmae/internal/tools/verify"
)

// TestWholeSteps runs the reference steps of every method on an engine that has only what it must.
func TestWholeSteps(t *testing.T) {
	files, _ := filepath.Glob("../../tools/verify/testdata/*.safetensors")
	if len(files) == 0 {
		t.Fatal("no reference files")
	}
	e := compose.Complete(struct{ kernel.Core }{portable.New(0)})
	defer e.Close()
	for _, path := range files {
		for _, inner := range []kernel.DType{kernel.F32, kernel.BF16} {
			t.Run(filepath.Base(path)+"/"+inner.String(), func(t *testing.T) {
				r, err := verify.Run(path, e, inner, verify.ToleranceOf(inner))
				if err != nil {
					t.Fatal(err)
				}
				for _, k := range verify.Kinds {
					t.Logf("%-10s %.2e %s", k, r.Worst[k].Error, r.Worst[k].Tensor)
				}
				if !r.Passed() {
					t.Error("out of tolerance")
				}
			})
		}
	}
}
