package verify

import (
	"math"
	"strings"

	"cmae/internal/kernel"
	"cmae/internal/method/moco"
	"cmae/internal/optim"
)

// settle observes the step, in the conventions that the file's own numbers show where its header
// does not say them. A mistake of ours can hide behind none of them: each is one of two ways, which
// the file tells by its own numbers or, of the order of a key pass, in all of the keys, and
// everything is then compared in that way.
func (r *reference) settle(e kernel.Engine, compute kernel.DType) (observation, error) {
	if r.optim.Kind == optim.KindSGD {
		var err error
		if r.optim.DecayAll, err = r.decaysAll(); err != nil {
			return observation{}, err
		}
	}
	ours, err := r.observe(e, compute, undisturbed)
	if err != nil {
		return ours, err
	}
	if r.recipe.Contrast.Groups > 1 && r.keyOrder == nil {
		if ours, err = r.settleKeyOrder(ours, e, compute); err != nil {
			return ours, err
		}
	}
	adds, err := r.addsDirections()
	if err != nil {
		return ours, err
	}
	if adds {
		r.directions, r.recipe.Contrast.Weight = 2, 2*r.recipe.Contrast.Weight
		return r.observe(e, compute, undisturbed)
	}
	return ours, nil
}

func undisturbed([]float64) {}

// addsDirections tells whether the loss of a symmetric MoCo-v3 is the sum of its two directions, as
// the official code has it, where ours is their average: whether it is nearer to twice the InfoNCE
// of the file's query and key, which is one direction's.
func (r *reference) addsDirections() (bool, error) {
	c := r.recipe.Contrast
	if _, ok := r.method.(moco.Method); !ok || !c.Symmetric {
		return false, nil
	}
	queries, err := r.values("out.zq", r.batch*c.Out)
	if err != nil {
		return false, err
	}
	keys, err := r.values("out.zk", r.batch*c.Out)
	if err != nil {
		return false, err
	}
	whole, err := r.values("loss.ctr", 1)
	if err != nil {
		return false, err
	}
	one := infoNCE(queries, keys, c.Out, c.Tau)
	if c.ScaleByTau {
		one *= 2 * c.Tau
	}
	return whole[0] > 1.5*one, nil
}

// infoNCE is the loss of queries against the keys of the same images, both [B,width] of length 1.
func infoNCE(queries, keys []float64, width int, tau float64) float64 {
	batch, loss := len(queries)/width, 0.
	for i := range batch {
		sum, own := 0., 0.
		for j := range batch {
			product := 0.
			for d := range width {
				product += queries[i*width+d] * keys[j*width+d]
			}
			if sum += math.Exp(product / tau); i == j {
				own = product / tau
			}
		}
		loss += (math.Log(sum) - own) / float64(batch)
	}
	return loss
}

// settleKeyOrder finds how the reference deals images to the groups of a key pass, which MoCo does
// at random: as ours does, or in the order of the batch. The keys show it.
func (r *reference) settleKeyOrder(
	dealt observation, e kernel.Engine, compute kernel.DType,
) (observation, error) {
	keys, err := r.values("out.zk", r.batch*r.recipe.Contrast.Out)
	if err != nil {
		return dealt, err
	}
	r.keyOrder = make([]int, r.batch)
	for i := range r.keyOrder {
		r.keyOrder[i] = i
	}
	straight, err := r.observe(e, compute, undisturbed)
	if err != nil {
		return straight, err
	}
	off := func(o observation) float64 { return distance(o.values["out.zk"], keys) }
	if off(straight) < off(dealt) {
		return straight, nil
	}
	r.keyOrder = nil
	return dealt, nil
}

// decaysAll tells whether SGD decays biases and one-dimensional parameters too, as MoCo does: which
// of the two explains the file's own update of them by its own gradients better.
func (r *reference) decaysAll() (bool, error) {
	var all, some float64 // sums of squared errors
	for _, name := range r.file.Names() {
		of, ok := strings.CutPrefix(name, "grad.")
		if _, shape, _ := r.file.Info(name); !ok || len(shape) != 1 {
			continue
		}
		grad, err := r.file.Float64s(name)
		if err != nil {
			return false, err
		}
		before, err := r.values("param."+of, len(grad))
		if err != nil {
			return false, err
		}
		after, err := r.values("after."+of, len(grad))
		if err != nil {
			return false, err
		}
		for i, g := range grad {
			moved := after[i] - before[i] + r.rate*g
			some += moved * moved
			moved += r.rate * r.optim.WeightDecay * before[i]
			all += moved * moved
		}
	}
	return all < some, nil
}
