package model

import (
	"math"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"

	"cmae/internal/graph/nn"
	"cmae/internal/kernel"
	"cmae/internal/kernel/portable"
)

// TestMomentum: every parameter of the encoder and the projector has a copy, which moves a share
// 1-m of the way; m = 0 copies.
func TestMomentum(t *testing.T) {
	e := portable.New(1)
	defer e.Close()
	p := nn.NewParams(e, kernel.F64, 3)
	c := valid()
	c.Encoder.Dim, c.Encoder.Depth, c.Encoder.Heads, c.Side = 8, 1, 2, 8
	NewCMAE(nn.NewScope(G.NewGraph(), p, kernel.F64), c)
	before := map[string][]float64{}
	for _, param := range p.All() {
		before[param.Name] = nn.ReadTensor[float64](e, param.Value)
	}
	followers := 0
	for _, m := range []float64{0.9, 0} {
		UpdateMomentum(p, m)
		for _, param := range p.All() {
			now, was := nn.ReadTensor[float64](e, param.Value), before[param.Name]
			online := before[strings.TrimPrefix(param.Name, MomentumPrefix)]
			kept := 1.0
			if param.Role == nn.Follower {
				kept, followers = m, followers+1
			}
			for i, v := range now {
				if want := kept*was[i] + (1-kept)*online[i]; math.Abs(v-want) > 1e-15 ||
					kept == 0 && v != want {
					t.Fatalf("%s, element %d: %v, want %v", param.Name, i, v, want)
				}
			}
			before[param.Name] = now
		}
	}
	// 5 + 12 of an encoder of one block, 7 of a projector of three layers: twice.
	if followers != 2*(5+12+7) {
		t.Errorf("%d followers moved", followers)
	}
}
