package model

import (
	"math"
	"testing"

	G "gorgonia.org/gorgonia"

	"cmae/internal/comm"
	"cmae/internal/graph/exec"
	"cmae/internal/graph/nn"
	"cmae/internal/graph/op"
	"cmae/internal/kernel"
	"cmae/internal/kernel/portable"
	"cmae/internal/rng"
)

// attending is a toy of cross-attention: places look at the visible tokens beside each other.
type attending struct{ *nn.Block }

func (b attending) Forward(x, seen *G.Node) *G.Node {
	return op.SliceTokens(b.Block.Forward(op.ConcatTokens(x, seen)), 0, x.Shape()[1])
}

// TestDecoderSeesVisibleTokens puts a block that reads the visible tokens into a decoder and moves
// the embedding, through which both ways lead, along its gradient.
func TestDecoderSeesVisibleTokens(t *testing.T) {
	const batch, grid, visible, dim, pixels = 2, 2, 3, 6, 5
	c := DecoderConfig{Kind: DecoderMLP, Depth: 1, Dim: 4, MLPRatio: 2}
	e := portable.New(1)
	defer e.Close()
	p := nn.NewParams(e, kernel.F64, 1)
	f, err := exec.Compile(comm.Single(e), p, kernel.F64, func(b *exec.Builder) {
		d := NewDecoder(b.Scope, c, dim, grid, pixels)
		d.blocks = append(d.blocks, attending{nn.NewBlock(b.Sub("attending"), c.Dim, 1, 2)})
		q1 := b.Input("q1", b.ParamType(), batch, 1+visible, dim)
		restore := b.Input("restore", kernel.I32, batch, grid*grid)
		images := b.Input("images", b.ParamType(), batch, grid*grid, pixels)
		pred := d.Forward(q1, restore)
		b.Output("pred", pred)
		b.Loss(op.SquaredError(pred, images, 1))
	})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := rng.For(1, rng.Synthetic)
	noise := func(n int) []float64 {
		values := make([]float64, n)
		for i := range values {
			values[i] = r.NormFloat64()
		}
		return values
	}
	exec.Feed(f, "q1", noise(batch*(1+visible)*dim))
	exec.Feed(f, "images", noise(batch*grid*grid*pixels))
	exec.Feed(f, "restore", []int32{2, 0, 1, 3, 0, 3, 2, 1})
	weight, ok := p.Lookup("decoder_embed.weight")
	if !ok {
		t.Fatal("the decoder embeds nothing")
	}
	start := noise(weight.Value.Len())
	loss := func(values []float64) float64 {
		kernel.Write(e, weight.Value, values)
		if err := f.Run(); err != nil {
			t.Fatal(err)
		}
		return exec.Read[float64](f, exec.Loss)[0]
	}
	loss(start)
	var grad []float64
	for i, param := range f.Params() {
		if param == weight {
			grad = kernel.Read[float64](e, f.Grads()[i])
		}
	}
	const h = 1e-6
	for i, want := range grad {
		moved := append([]float64(nil), start...)
		moved[i] += h
		up := loss(moved)
		moved[i] -= 2 * h
		if got := (up - loss(moved)) / (2 * h); math.Abs(got-want) > 1e-6*max(1, math.Abs(want)) {
			t.Errorf("weight %d: differences %v, gradient %v", i, got, want)
		}
	}
}
