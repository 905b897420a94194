package finetune

import (
	"fmt"

	"cmae/internal/graph/exec"
	"cmae/internal/graph/op"
	"cmae/internal/model"
	"cmae/internal/rng"
)

// dropPath is stochastic depth: for each image, what attention or MLP of a block would add is left
// out with a probability that grows linearly with depth, and otherwise divided by the probability
// of staying, so that its mean is the same.
type dropPath struct {
	rates   []float64 // of each block
	factors []float32 // [B] of one branch
}

func newDropPath(rate float64, s shape) *dropPath {
	d := &dropPath{rates: make([]float64, s.encoder.Depth), factors: make([]float32, s.batch)}
	for i := range d.rates {
		d.rates[i] = rate * float64(i) / float64(max(len(d.rates)-1, 1))
	}
	return d
}

// branches are attention and MLP of a block.
const branches = 2

// dropInput is the factors [B] of a branch.
func dropInput(block, branch int) string { return fmt.Sprintf("drop.%d.%d", block, branch) }

// inputs adds the factors of every branch that drops to a graph.
func (d *dropPath) inputs(b *exec.Builder) model.DropPath {
	nodes := make([][branches]*op.Node, len(d.rates))
	for i, rate := range d.rates {
		for branch := range nodes[i] {
			if rate > 0 {
				nodes[i][branch] = b.Input(dropInput(i, branch), b.ParamType(), len(d.factors))
			}
		}
	}
	return func(block int) (attention, mlp *op.Node) { return nodes[block][0], nodes[block][1] }
}

// feed draws the factors of a step for the images of its batch from first on: a batch in parts has
// the draws of a whole one.
func (d *dropPath) feed(f *exec.Func, seed uint64, step, first int) {
	for i, rate := range d.rates {
		for branch := range branches {
			if rate == 0 {
				continue
			}
			r := rng.For(seed, rng.DropPath, uint64(step), uint64(branches*i+branch))
			for range first {
				r.Float64()
			}
			factors := d.factors[:f.Images()]
			for j := range factors {
				factors[j] = 0
				if r.Float64() >= rate {
					factors[j] = float32(1 / (1 - rate))
				}
			}
			exec.Feed(f, dropInput(i, branch), factors)
		}
	}
}
