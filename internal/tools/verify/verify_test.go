package verify

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cmae/internal/kernel"
	"cmae/internal/kernel/portable"
	"cmae/internal/optim"
)

// TestReferenceSteps runs the project's own small vectors, and those of the folder CMAE_GOLDEN when
// it is set: in float32, and those of ResNets in float64 too.
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
		precisions := []kernel.DType{kernel.F32}
		if strings.Contains(filepath.Base(path), "resnet") {
			precisions = append(precisions, kernel.F64)
		}
		for _, compute := range precisions {
			t.Run(filepath.Base(path)+"/"+compute.String(), func(t *testing.T) {
				r, err := Run(path, e, compute)
				if err != nil {
					t.Fatal(err)
				}
				for _, k := range Kinds {
					w := r.Worst[k]
					t.Logf("%-10s %.2e of %.2e %s", k, w.Error, w.Limit, w.Tensor)
				}
				if !r.Passed() || r.Skipped != nil {
					t.Errorf("out of tolerance, or not compared: %v", r.Skipped)
				}
			})
		}
	}
}

// TestDifferencesAreFound: a step that differs from the file's in one option, by its meaning or by
// a little, does not pass, in a file that enlarges rounding neither.
func TestDifferencesAreFound(t *testing.T) {
	const resnet = "moco-v2-resnet50"
	for name, change := range map[string]struct {
		file   string
		change func(r *reference)
	}{
		"tau by 0.1%":  {"two-images", func(r *reference) { r.recipe.Contrast.Tau *= 1.001 }},
		"weight":       {"two-images", func(r *reference) { r.recipe.Location.Weight *= 1.001 }},
		"norm_pix":     {"two-images", func(r *reference) { r.recipe.Reconstruct.NormPix = false }},
		"scale_2tau":   {"queue", func(r *reference) { r.recipe.Contrast.ScaleByTau = false }},
		"pool":         {"queue", func(r *reference) { r.recipe.Contrast.Pool = "mean" }},
		"query":        {"queue", func(r *reference) { r.recipe.Contrast.Query = "restored" }},
		"key":          {"queue", func(r *reference) { r.recipe.Contrast.Key = "visible" }},
		"queue_size":   {"queue", func(r *reference) { r.recipe.Contrast.QueueSize = 0 }},
		"symmetric":    {"symmetric", func(r *reference) { r.recipe.Contrast.Symmetric = false }},
		"drop":         {"symmetric", func(r *reference) { r.recipe.Location.DropPosition = 0 }},
		"loss":         {"symmetric", func(r *reference) { r.recipe.Location.Loss = "l2" }},
		"reduction":    {"depthwise", func(r *reference) { r.recipe.Location.Reduction = "sum" }},
		"sgd":          {"depthwise", func(r *reference) { r.optim.Kind = optim.KindAdamW }},
		"weight_decay": {"queue", func(r *reference) { r.optim.WeightDecay *= 1.5 }},
		"groups":       {resnet, func(r *reference) { r.recipe.Contrast.Groups = 1 }},
		"shuffle":      {resnet, func(r *reference) { r.orders = nil }},
		"decay of all": {resnet, func(r *reference) { r.optim.WeightDecay = 0 }},
	} {
		t.Run(name, func(t *testing.T) {
			r := open(t, change.file)
			change.change(r)
			compute := kernel.F32
			if r.recipe.Model.IsResNet() {
				compute = kernel.F64
			}
			e := portable.New(0)
			defer e.Close()
			res, err := r.check(e, compute)
			if err != nil {
				t.Fatal(err)
			}
			if res.Passed() {
				t.Errorf("passes: %v", res.Worst)
			}
		})
	}
}

func open(t *testing.T, name string) *reference {
	t.Helper()
	return openPath(t, "testdata/"+name+".safetensors")
}

func openPath(t *testing.T, path string) *reference {
	t.Helper()
	r, err := openReference(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.file.Close() })
	return r
}
