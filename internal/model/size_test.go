package model

import (
	"math"
	"testing"

	G "gorgonia.org/gorgonia"

	"cmae/internal/graph/nn"
	"cmae/internal/kernel"
)

// TestParameterCounts holds spec 2: the published numbers, which count the fixed position tables.
func TestParameterCounts(t *testing.T) {
	decoder := DecoderConfig{Kind: "transformer", Depth: 8, Dim: 512, Heads: 16, MLPRatio: 4}
	for _, c := range []struct {
		name             string
		patch, side      int
		encoder, decoder int
	}{
		{"B/16 at 224", 16, 224, 85_798_656, 26_109_184},
		{"B/8 at 64", 8, 64, 85_254_912, 25_746_112},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := nn.NewMeta(kernel.F32)
			s := nn.NewScope(G.NewGraph(), p, kernel.F32)
			base := EncoderConfig{Size: "base", PatchSize: c.patch, MLPRatio: 4}
			NewEncoder(s, base, c.side)
			encoder := values(p)
			NewDecoder(s, decoder, base.Resolved().Dim, c.side/c.patch, 3*c.patch*c.patch)
			if encoder != c.encoder || values(p)-encoder != c.decoder {
				t.Errorf(
					"encoder %d and decoder %d, want %d and %d", encoder, values(p)-encoder,
					c.encoder, c.decoder,
				)
			}
			n := c.side / c.patch * (c.side / c.patch)
			if tables := (1 + n) * (768 + 512); p.Count("") != values(p)-tables {
				t.Errorf(
					"%d trained values, want all but the %d of the tables", p.Count(""), tables,
				)
			}
		})
	}
}

func values(p *nn.Params) (n int) {
	for _, param := range p.All() {
		n += param.Value.Len()
	}
	return n
}

// TestPositions holds the vector of spec 2 and its mirror: columns in the first half, rows in the
// second, zeros for cls.
func TestPositions(t *testing.T) {
	const dim = 8
	table := make([]float64, (1+4)*dim)
	sinCos(2, dim)(table, nil, nil)
	for row, want := range [][dim]float64{
		{},
		{0, 0, 1, 1, 0, 0, 1, 1},
		{.841471, .01, .540302, .99995, 0, 0, 1, 1},
		{0, 0, 1, 1, .841471, .01, .540302, .99995},
		{.841471, .01, .540302, .99995, .841471, .01, .540302, .99995},
	} {
		for i, w := range want {
			if got := table[row*dim+i]; math.Abs(got-w) > 1e-6 {
				t.Errorf("row %d, value %d: %v, want %v", row, i, got, w)
			}
		}
	}
}
