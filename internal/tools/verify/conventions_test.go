package verify

import (
	"fmt"
	"testing"

	"cmae/internal/kernel"
	"cmae/internal/kernel/portable"
	"cmae/internal/rng"
	"cmae/internal/weights/safetensors"
)

// TestConventions: what a file may do in either of two ways is found, whichever it is. The files
// are made by our own step in that way.
func TestConventions(t *testing.T) {
	const resnet, shuffle = "moco-v2-resnet50", "input.shuffle"
	keep := func(*reference) {}
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
		"AdamW's decay of matrices": {"moco-v3", keep, ""},
		"AdamW's decay of all": {
			"moco-v3", func(r *reference) { r.optim.DecayAll = true }, "",
		},
		"AdamW's decay of all with a queue": {
			"moco-v1-resnet18", func(r *reference) { r.optim.DecayAll = true }, "",
		},
		"keys in the order of the batch": {resnet, grouped(nil, straight), shuffle},
		"keys dealt out":                 {resnet, grouped(nil, nil), shuffle},
		"every second in a group":        {resnet, grouped(strided, rows(straight, 1, strided)), shuffle},
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

// TestDirectionsApart: a sum of two directions is told from their average however far these are
// apart, which over a few images is far. The files are made by our own step of views drawn anew.
func TestDirectionsApart(t *testing.T) {
	e := portable.New(0)
	defer e.Close()
	for seed := range uint64(12) {
		for name, directions := range map[string]float64{"average": 1, "sum": 2} {
			t.Run(fmt.Sprint(name, " ", seed), func(t *testing.T) {
				views := both(
					redraw("input.xk", seed), replace("config", `"predictor": true, `, ""),
				)
				r := openPath(t, rewrite(t, "moco-v3", views))
				r.directions = directions
				r.recipe.Contrast.Weight *= directions
				ours, err := r.observe(e, kernel.F64, undisturbed)
				if err != nil {
					t.Fatal(err)
				}
				r = openPath(t, rewrite(t, "moco-v3", both(views, with(ours, ""))))
				if _, err := r.settle(e, kernel.F64); err != nil || r.directions != directions {
					t.Errorf("%g directions, want %g, %v", r.directions, directions, err)
				}
			})
		}
	}
}

// redraw gives a tensor other values.
func redraw(name string, seed uint64) change {
	return func(tensors []safetensors.Tensor, _ map[string]string) []safetensors.Tensor {
		draw := rng.For(seed, rng.Synthetic)
		for i, t := range tensors {
			if t.Name == name {
				values := make([]float32, len(t.Data)/4)
				for j := range values {
					values[j] = float32(draw.NormFloat64())
				}
				tensors[i] = safetensors.FromFloat32s(t.Name, t.Shape, values)
			}
		}
		return tensors
	}
}

func both(first, then change) change {
	return func(tensors []safetensors.Tensor, meta map[string]string) []safetensors.Tensor {
		return then(first(tensors, meta), meta)
	}
}
