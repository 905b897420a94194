package verify

import (
	"encoding/json"
	"strings"
	"testing"

	"cmae/internal/kernel"
	"cmae/internal/kernel/portable"
	"cmae/internal/weights/safetensors"
)

// TestOptionsWithoutMeaning: what a file says of parts that its step does not have is neither
// refused nor heeded, as the reference does not read it.
func TestOptionsWithoutMeaning(t *testing.T) {
	for name, c := range map[string]struct {
		file string
		set  map[string]any // options; those of x begin with x.
		also change
	}{
		"no contrast, temperature": {"mae", map[string]any{"tau": 0}, nil},
		"no contrast, projector": {
			"mae", map[string]any{"tau": -1, "proj_layers": 0, "proj_out": 0}, nil,
		},
		"no contrast, queue": {
			"mae", map[string]any{"x.queue_size": 5},
			rename("input.noise_k", "input.noise_k", "input.queue"),
		},
		"no location, positions dropped": {
			"mae", map[string]any{"x.drop_position": .5},
			rename("input.noise_k", "input.noise_k", "input.keep"),
		},
		"no location, head": {"mae", map[string]any{"loc_hidden": -1, "x.loss": "l1"}, nil},
		"no reconstruction": {
			"cmae", map[string]any{"w_con": 0, "dec_dim": 13, "dec_heads": 5, "dec_depth": 0}, nil,
		},
		"no masks": {
			"moco-v3", map[string]any{"mask_ratio": 0, "w_con": 1, "w_loc": 1, "dec_heads": 3}, nil,
		},
		"hybrid_at without a hybrid": {"cmae", map[string]any{"hybrid_at": []int{0}}, nil},
		"hybrid_at is a set": {
			"hybrid-conv", map[string]any{"hybrid_at": []int{2, 0, 2, 7, -1}}, nil,
		},
		"hybrid_at beyond all blocks": {
			"cmae",
			map[string]any{"decoder": "hybrid-conv", "hybrid_at": []int{3}, "x.depthwise": true}, nil,
		},
		"depthwise without convolutions": {
			"hybrid-mlp", map[string]any{"x.depthwise": true}, nil,
		},
		"reduction of cross-entropy": {"symmetric", map[string]any{"x.reduction": "mean"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			e := portable.New(0)
			defer e.Close()
			made := set(c.set)
			if c.also != nil {
				made = both(c.also, made)
			}
			if c.set["w_con"] == 0 {
				r := open(t, c.file)
				r.recipe.Reconstruct.Weight = 0
				ours, err := r.observe(e, kernel.F64, undisturbed)
				if err != nil {
					t.Fatal(err)
				}
				made = both(only(ours), made)
			}
			res, err := Run(rewrite(t, c.file, made), e, kernel.F32)
			if err != nil || !res.Passed() || res.Skipped != nil {
				t.Errorf("%v, %+v", err, res)
			}
		})
	}
}

// set gives options values, which may be new.
func set(values map[string]any) change {
	return func(tensors []safetensors.Tensor, meta map[string]string) []safetensors.Tensor {
		var config map[string]any
		if err := json.Unmarshal([]byte(meta["config"]), &config); err != nil {
			panic(err)
		}
		x, _ := config["x"].(map[string]any)
		if x == nil {
			x = map[string]any{}
		}
		for name, value := range values {
			if option, of := strings.CutPrefix(name, "x."); of {
				x[option] = value
			} else {
				config[name] = value
			}
		}
		config["x"] = x
		text, err := json.Marshal(config)
		if err != nil {
			panic(err)
		}
		meta["config"] = string(text)
		return tensors
	}
}

// only gives a file the results of an observation and no others.
func only(o observation) change {
	return func(tensors []safetensors.Tensor, meta map[string]string) (all []safetensors.Tensor) {
		for _, t := range with(o, "")(tensors, meta) {
			group, _, _ := strings.Cut(t.Name, ".")
			if _, ours := o.values[t.Name]; ours || group == "param" || group == "input" {
				all = append(all, t)
			}
		}
		return all
	}
}
