package finetune

import (
	"fmt"

	G "gorgonia.org/gorgonia"

	"cmae/internal/graph/nn"
	"cmae/internal/graph/op"
	"cmae/internal/kernel"
	"cmae/internal/rng"
)

// dropPath is stochastic depth: for each image, what attention or MLP of a block would add is left
// out with a probability that grows linearly with depth, and otherwise divided by the probability
// of staying, so that its mean is the same.
type dropPath struct {
	engine  kernel.Engine
	batch   int
	rates   []float64       // of each block
	nodes   [][2]*G.Node    // of attention and MLP; nil where the rate is 0
	factors []kernel.Tensor // [B] of each node that is there, in order
}

func newDropPath(scope *nn.Scope, e kernel.Engine, rate float64, depth, batch int) *dropPath {
	d := &dropPath{
		engine: e, batch: batch, rates: make([]float64, depth), nodes: make([][2]*G.Node, depth),
	}
	for i := range depth {
		d.rates[i] = rate * float64(i) / float64(max(depth-1, 1))
		for branch := range d.nodes[i] {
			if d.rates[i] == 0 {
				continue
			}
			t := e.New(scope.Real(), batch)
			d.nodes[i][branch] = op.Input(
				scope.Graph(), fmt.Sprintf("input.drop.%d.%d", i, branch), t,
			)
			d.factors = append(d.factors, t)
		}
	}
	return d
}

// of is the model.DropPath.
func (d *dropPath) of(block int) (attention, mlp *G.Node) {
	return d.nodes[block][0], d.nodes[block][1]
}

// set draws the factors of a step, those of the images from first on of its batch: a batch in parts
// has the draws of a whole one.
func (d *dropPath) set(seed uint64, step, first int) {
	at := 0
	for i, rate := range d.rates {
		for branch := range d.nodes[i] {
			if rate == 0 {
				continue
			}
			r := rng.For(seed, rng.DropPath, uint64(step), uint64(2*i+branch))
			values := make([]float32, d.batch)
			for range first {
				r.Float64()
			}
			for j := range values {
				if r.Float64() >= rate {
					values[j] = float32(1 / (1 - rate))
				}
			}
			nn.WriteTensor(d.engine, d.factors[at], values)
			at++
		}
	}
}

func (d *dropPath) free() {
	for _, t := range d.factors {
		d.engine.Free(t)
	}
}
