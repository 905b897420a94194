package verify

import (
	"os"
	"path/filepath"
	"testing"

	"cmae/internal/kernel"
	"cmae/internal/kernel/portable"
)

// TestReferenceSteps runs the project's own small vectors, and those of the folder CMAE_GOLDEN when
// it is set.
func TestReferenceSteps(t *testing.T) {
	files, _ := filepath.Glob("testdata/*.safetensors")
	if dir := os.Getenv("CMAE_GOLDEN"); dir != "" {
		more, _ := filepath.Glob(filepath.Join(dir, "*.safetensors"))
		files = append(files, more...)
	}
	if len(files) == 0 {
		t.Fatal("no reference files")
	}
	e := portable.New(0)
	defer e.Close()
	for _, path := range files {
		t.Run(filepath.Base(path), func(t *testing.T) {
			r, err := Run(path, e, kernel.F32, F32)
			if err != nil {
				t.Fatal(err)
			}
			for _, k := range Kinds {
				t.Logf("%-10s %.2e %s", k, r.Worst[k].Error, r.Worst[k].Tensor)
			}
			if !r.Passed() {
				t.Error("out of tolerance")
			}
		})
	}
}
