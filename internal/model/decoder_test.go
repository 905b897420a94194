package model

import (
	"math"
	"slices"
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

// TestDecoderWithoutBlocks: of depth 0 a decoder of any kind embeds, normalises and predicts every
// place by itself, a hidden one from the mask token and its position.
func TestDecoderWithoutBlocks(t *testing.T) {
	const batch, grid, visible, dim, pixels = 2, 2, 2, 3, 5
	q1 := []float64{.1, -.4, .2, .7, -.3, .5, -.6, .2, .9, .3, .8, -.1, .4, -.2, .6, -.9, .5, .1}
	restore := []int32{2, 0, 1, 3, 0, 3, 2, 1}
	for _, kind := range DecoderKinds() {
		c := DecoderConfig{Kind: kind, Dim: 4, MLPRatio: 2}
		e := portable.New(1)
		defer e.Close()
		p := nn.NewParams(e, kernel.F64, 1)
		f, err := exec.Compile(comm.Single(e), p, kernel.F64, func(b *exec.Builder) {
			in := b.Input("q1", b.ParamType(), batch, 1+visible, dim)
			ids := b.Input("restore", kernel.I32, batch, grid*grid)
			pred := NewDecoder(b.Scope, c, dim, grid, pixels).Forward(in, ids)
			b.Output("pred", pred)
			b.Loss(op.SquaredError(pred, b.Input("to", b.ParamType(), batch, grid*grid, pixels), 1))
		})
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		exec.Feed(f, "q1", q1)
		exec.Feed(f, "restore", restore)
		exec.Feed(f, "to", make([]float64, batch*grid*grid*pixels))
		if err := f.Run(); err != nil {
			t.Fatal(err)
		}
		value := func(name string) []float64 {
			param, ok := p.Lookup(name)
			if !ok {
				t.Fatalf("no %s", name)
			}
			return kernel.Read[float64](e, param.Value)
		}
		embed, pred := value("decoder_embed.weight"), value("decoder_pred.weight")
		mask, pos := value("mask_token"), value("decoder_pos_embed")
		got := exec.Read[float64](f, "pred")
		for i, rank := range restore { // biases start at 0, the LayerNorm as the identity
			x := slices.Clone(mask)
			if int(rank) < visible {
				token := q1[(i/(grid*grid)*(1+visible)+1+int(rank))*dim:][:dim]
				for o := range x {
					x[o] = dot(embed[o*dim:], token)
				}
			}
			mean, variance := 0., 0.
			for o := range x {
				x[o] += pos[(1+i%(grid*grid))*c.Dim+o]
				mean += x[o] / float64(c.Dim)
			}
			for o := range x {
				x[o] -= mean
				variance += x[o] * x[o] / float64(c.Dim)
			}
			for o := range pixels {
				want := dot(pred[o*c.Dim:], x) / math.Sqrt(variance+1e-6)
				if at := got[i*pixels+o]; math.Abs(at-want) > 1e-9 {
					t.Fatalf("%s: place %d, pixel %d is %v, want %v", kind, i, o, at, want)
				}
			}
		}
	}
}

func dot(row, x []float64) (sum float64) {
	for i, v := range x {
		sum += row[i] * v
	}
	return sum
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
