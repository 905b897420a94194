package optim

import (
	"math"
	"strings"
	"testing"

	"cmae/internal/graph/nn"
	"cmae/internal/kernel"
	"cmae/internal/kernel/portable"
)

// TestLayerDecay is the table of a two-block transformer and of a ResNet, which has four stages, at
// decay .65.
func TestLayerDecay(t *testing.T) {
	e := portable.New(1)
	defer e.Close()
	for _, c := range []struct {
		name  string
		shape []int
		power float64
		decay bool
	}{
		{"cls_token", []int{1, 1, 4}, 3, false},
		{"pos_embed", []int{1, 5, 4}, 3, false},
		{"patch_embed.proj.weight", []int{4, 3, 2, 2}, 3, true},
		{"patch_embed.proj.bias", []int{4}, 3, false},
		{"blocks.0.attn.qkv.weight", []int{12, 4}, 2, true},
		{"blocks.0.norm1.weight", []int{4}, 2, false},
		{"blocks.1.mlp.fc2.weight", []int{4, 16}, 1, true},
		{"blocks.1.mlp.fc2.bias", []int{4}, 1, false},
		{"fc_norm.weight", []int{4}, 0, false},
		{"head.weight", []int{3, 4}, 0, true},
		{"head.bias", []int{3}, 0, false},
		{"conv1.weight", []int{4, 3, 3, 3}, 5, true},
		{"bn1.weight", []int{4}, 5, false},
		{"layer1.0.conv1.weight", []int{4, 4, 3, 3}, 4, true},
		{"layer4.1.bn2.bias", []int{4}, 1, false},
		{"layer4.0.downsample.0.weight", []int{8, 4, 1, 1}, 1, true},
		{"fc.weight", []int{3, 4}, 0, true},
	} {
		depth := 2
		if strings.Contains(c.name, "conv1") || strings.Contains(c.name, "bn1") ||
			strings.HasPrefix(c.name, "layer") {
			depth = 4
		}
		got := LayerDecay(.65, depth)(&nn.Param{Name: c.name, Value: e.New(kernel.F32, c.shape...)})
		if math.Abs(got.Scale-math.Pow(.65, c.power)) > 1e-15 || got.Decay != c.decay {
			t.Errorf("%s: %+v, want scale .65^%g and decay %v", c.name, got, c.power, c.decay)
		}
	}
}

// TestRegroup: a group's scale is a rate of its own, and a parameter outside decay is not decayed.
func TestRegroup(t *testing.T) {
	e := portable.New(1)
	defer e.Close()
	step := func(rate float64, regroup func(p *nn.Param) Group) []float64 {
		c := Default()
		p := &nn.Param{Name: "w", Value: e.New(kernel.F64, 2, 2)}
		g := e.New(kernel.F64, 2, 2)
		kernel.Write(e, p.Value, []float64{1, -2, 3, -4})
		kernel.Write(e, g, []float64{.1, .2, -.3, .4})
		a := New(c, e, []*nn.Param{p})
		a.Regroup(regroup)
		a.Step([]kernel.Tensor{g}, rate, 1)
		return kernel.Read[float64](e, p.Value)
	}
	half := step(.2, func(*nn.Param) Group { return Group{.5, true} })
	same := step(.1, func(*nn.Param) Group { return Group{1, true} })
	free := step(.1, func(*nn.Param) Group { return Group{1, false} })
	for i, start := range []float64{1, -2, 3, -4} {
		if half[i] != same[i] {
			t.Errorf("half the rate .2 gives %v, the rate .1 %v", half[i], same[i])
		}
		if d := free[i] - same[i] - .1*Default().WeightDecay*start; math.Abs(d) > 1e-15 {
			t.Errorf("without decay the step differs by %v more than the decay", d)
		}
	}
}
