package moco

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"cmae/internal/graph/exec"
	"cmae/internal/graph/nn"
	"cmae/internal/model"
	"cmae/internal/recipe"
)

// TestMoCoNames holds what MoCo adds to an encoder: heads by the names of spec 8, and a momentum
// copy of everything but the predictor. Running statistics are no copies: each network has its own.
func TestMoCoNames(t *testing.T) {
	for _, c := range []struct {
		method  Method
		encoder model.EncoderConfig
		heads   string
	}{
		{
			V1(), model.EncoderConfig{Size: model.ResNet18, Stem: "small", Width: 2},
			"projector.0.weight 8 16;  projector.0.bias 8",
		},
		{
			V2(), model.EncoderConfig{Size: model.ResNet50, Stem: "imagenet", Width: 1},
			"projector.0.weight 32 32;  projector.0.bias 32;  projector.2.weight 8 32;  projector.2.bias 8",
		},
		{V3(), model.EncoderConfig{Size: "micro", PatchSize: 4, Dim: 8, Depth: 1, Heads: 2, MLPRatio: 2}, `
projector.0.weight 32 8;  projector.1.weight 32;  projector.1.bias 32;  projector.3.weight 32 32;  projector.4.weight 32;  projector.4.bias 32
projector.6.weight 8 32;  predictor.0.weight 32 8;  predictor.1.weight 32;  predictor.1.bias 32;  predictor.3.weight 8 32`},
	} {
		t.Run(c.method.Name(), func(t *testing.T) {
			config := recipe.DefaultPretrain()
			c.method.Defaults(&config, config)
			config.Model, config.Contrast.Out, config.Contrast.Pool = c.encoder, 8, "mean"
			p, err := exec.Shapes(func(b *exec.Builder) {
				query := b.Input("query", b.ParamType(), 4, 3, 8, 8)
				c.method.Build(b, config.At(8), query, b.Input("key", b.ParamType(), 4, 3, 8, 8))
			})
			if err != nil {
				t.Fatal(err)
			}
			heads, momentum := shapes(c.heads), 0
			for _, param := range p.All() {
				name, copied := strings.CutPrefix(param.Name, nn.MomentumPrefix)
				switch {
				case copied && param.Role == nn.Trained:
					t.Errorf("%s is trained", param.Name)
				case copied:
					momentum++
				case strings.HasPrefix(name, "projector.") || strings.HasPrefix(name, "predictor."):
					if got := strings.Trim(
						fmt.Sprint(param.Value.Shape), "[]",
					); heads[name] != got {
						t.Errorf("%s %s, want %q", name, got, heads[name])
					}
					delete(heads, name)
				}
				if strings.Contains(name, "running_") && param.Role != nn.Running {
					t.Errorf("%s has role %d", param.Name, param.Role)
				}
			}
			if len(heads) > 0 {
				t.Errorf("missing: %v", heads)
			}
			if want := (len(p.All()) - 4*strings.Count(
				c.heads, "predictor.0",
			)) / 2; momentum != want {
				t.Errorf("%d parameters of the momentum network, want %d", momentum, want)
			}
			for online := range nn.EMAs(p) { // panics where a copy follows nothing
				if online.Role == nn.EMA {
					t.Errorf("%s is followed", online.Name)
				}
			}
		})
	}
}

// shapes reads a list of names and shapes.
func shapes(list string) map[string]string {
	all := map[string]string{}
	for _, entry := range strings.FieldsFunc(
		list, func(r rune) bool { return r == ';' || r == '\n' },
	) {
		if name, shape, ok := strings.Cut(strings.TrimSpace(entry), " "); ok {
			all[name] = shape
		}
	}
	return all
}

// TestDealt: every group of the keys' pass takes its images from all groups of the query's, and the
// way back leads back.
func TestDealt(t *testing.T) {
	const batch, groups = 12, 3
	order := dealt(batch, groups)
	back := inverse(order)
	for i := range batch {
		if order[back[i]] != i {
			t.Errorf("image %d comes back as %d", i, order[back[i]])
		}
	}
	for g := range groups {
		var from []int
		for _, image := range order[4*g : 4*g+4] {
			from = append(from, image/4)
		}
		for query := range groups {
			if !slices.Contains(from, query) {
				t.Errorf("group %d has images of groups %v, none of %d", g, from, query)
			}
		}
	}
}
