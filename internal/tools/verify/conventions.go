package verify

import (
	"math"
	"strings"

	"cmae/internal/kernel"
	"cmae/internal/method/moco"
	"cmae/internal/optim"
)

// settle observes the step, in the conventions that the file's own numbers show where its header
// does not say them. A mistake of ours can hide behind none of them: each is one of a few ways,
// which the file tells by its own numbers or, of the groups of a BatchNorm, in all queries and
// keys, and everything is then compared in that way.
func (r *reference) settle(e kernel.Engine, compute kernel.DType) (observation, error) {
	if _, ok := r.method.(moco.Method); ok || r.optim.Kind == optim.KindSGD {
		var err error
		if r.optim.DecayAll, err = r.decaysAll(); err != nil {
			return observation{}, err
		}
	}
	observe := func() (observation, error) { return r.observe(e, compute, undisturbed) }
	if r.recipe.Contrast.Groups > 1 {
		observe = func() (observation, error) { return r.settleGroups(e, compute) }
	}
	ours, err := observe()
	if err != nil {
		return ours, err
	}
	adds, err := r.addsDirections(ours)
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
// the official code has it, where ours is their average: whether the file's is nearer to twice
// ours. That cannot hide a loss of ours that is wrong by two: method cmae shares its code, and its
// files are never doubled.
func (r *reference) addsDirections(ours observation) (bool, error) {
	if _, ok := r.method.(moco.Method); !ok || !r.recipe.Contrast.Symmetric {
		return false, nil
	}
	file, err := r.values("loss.ctr", 1)
	if err != nil {
		return false, err
	}
	mean := ours.values["loss.ctr"][0]
	return math.Abs(file[0]-2*mean) < math.Abs(file[0]-mean), nil
}

// decaysAll tells whether the optimizer decays biases and one-dimensional parameters too, as MoCo's
// do: which of the two explains the file's own update of them by its own gradients better.
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
			moved := after[i] - before[i] + r.rate*r.step(g)
			some += moved * moved
			moved += r.rate * r.optim.WeightDecay * before[i]
			all += moved * moved
		}
	}
	return all < some, nil
}
