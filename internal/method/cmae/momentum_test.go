package cmae

import (
	"math"
	"strings"
	"testing"

	"cmae/internal/comm"
	"cmae/internal/graph/exec"
	"cmae/internal/graph/nn"
	"cmae/internal/kernel"
	"cmae/internal/kernel/portable"
)

// TestMomentum: every parameter of the encoder and the projector has a copy, which moves a share
// 1-m of the way; m = 0 copies.
func TestMomentum(t *testing.T) {
	e := portable.New(1)
	defer e.Close()
	c := valid()
	c.Model.Dim, c.Model.Depth, c.Model.Heads, c.Side = 8, 1, 2, 8
	p := nn.NewParams(e, kernel.F64, 3)
	f, err := exec.Compile(comm.Single(e), p, kernel.F64, func(b *exec.Builder) {
		query := b.Input("query", b.ParamType(), 2, 3, c.Side, c.Side)
		key := b.Input("key", b.ParamType(), 2, 3, c.Side, c.Side)
		New().Build(b, c, query, key)
	})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	before := map[string][]float64{}
	for _, param := range p.All() {
		before[param.Name] = kernel.Read[float64](e, param.Value)
	}
	emas := 0
	for _, m := range []float64{0.9, 0} {
		nn.UpdateEMA(p, m)
		for _, param := range p.All() {
			now, was := kernel.Read[float64](e, param.Value), before[param.Name]
			online := before[strings.TrimPrefix(param.Name, nn.MomentumPrefix)]
			kept := 1.0
			if param.Role == nn.EMA {
				kept, emas = m, emas+1
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
	if emas != 2*(5+12+7) {
		t.Errorf("%d EMAs moved", emas)
	}
}
