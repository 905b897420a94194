package verify

import (
	"testing"

	"cmae/internal/kernel"
	"cmae/internal/kernel/portable"
	"cmae/internal/weights/safetensors"
)

// TestConventions: what a file may do in either of two ways is found, whichever it is. The files
// are made by our own step in that way.
func TestConventions(t *testing.T) {
	const resnet, shuffle = "moco-v2-resnet50", "input.shuffle"
	keep := func(*reference) {}
	straight := func(r *reference) { r.keyOrder = []int{0, 1, 2, 3, 4, 5, 6, 7} }
	for name, c := range map[string]struct {
		file   string
		change func(r *reference)
		drop   string // an input that would tell
	}{
		"average of directions": {"moco-v3", keep, ""},
		"sum of directions": {"moco-v3", func(r *reference) {
			r.directions, r.recipe.Contrast.Weight = 2, 2*r.recipe.Contrast.Weight
		}, ""},
		"decay of matrices": {resnet, keep, ""},
		"decay of all": {
			resnet, func(r *reference) { r.optim.DecayAll = true }, "",
		},
		"keys in the order of the batch": {resnet, straight, shuffle},
		"keys dealt out": {
			resnet, func(r *reference) { r.keyOrder = nil }, shuffle,
		},
	} {
		t.Run(name, func(t *testing.T) {
			e := portable.New(0)
			defer e.Close()
			r := open(t, c.file)
			c.change(r)
			ours, err := r.observe(e, kernel.F64, undisturbed)
			if err != nil {
				t.Fatal(err)
			}
			path := rewrite(t, c.file, with(ours, c.drop))
			res, err := Run(path, e, kernel.F64)
			if err != nil {
				t.Fatal(err)
			}
			for _, k := range Kinds {
				if w := res.Worst[k]; w.Error > 1e-6 {
					t.Errorf("%s %s is off by %.1e", k, w.Tensor, w.Error)
				}
			}
		})
	}
}

// with gives a file the results of an observation, and leaves an input out.
func with(o observation, without string) change {
	return func(tensors []safetensors.Tensor, _ map[string]string) (all []safetensors.Tensor) {
		for _, t := range tensors {
			if t.Name == without {
				continue
			}
			if values, ok := o.values[t.Name]; ok {
				rounded := make([]float32, len(values))
				for i, v := range values {
					rounded[i] = float32(v)
				}
				t = safetensors.FromFloat32s(t.Name, t.Shape, rounded)
			}
			all = append(all, t)
		}
		return all
	}
}

// TestDirectionsAreTheFiles: whether a file adds directions up follows from its own query and key,
// so that a loss of ours that is wrong by a factor hides behind neither way.
func TestDirectionsAreTheFiles(t *testing.T) {
	for factor, want := range map[float32]bool{.5: false, 1: false, 2: true} {
		path := rewrite(t, "moco-v3", func(
			tensors []safetensors.Tensor, _ map[string]string,
		) []safetensors.Tensor {
			for i, one := range tensors {
				if one.Name == "loss.ctr" {
					values, err := one.Float32s()
					if err != nil {
						t.Fatal(err)
					}
					values[0] *= factor
					tensors[i] = safetensors.FromFloat32s(one.Name, one.Shape, values[:1])
				}
			}
			return tensors
		})
		r, err := openReference(path)
		if err != nil {
			t.Fatal(err)
		}
		adds, err := r.addsDirections()
		if err != nil || adds != want {
			t.Errorf("%g times the loss: adds %v, %v", factor, adds, err)
		}
		r.file.Close()
	}
}
