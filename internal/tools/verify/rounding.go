package verify

import (
	"math/rand/v2"

	"cmae/internal/kernel"
	"cmae/internal/kernel/portable"
	"cmae/internal/rng"
)

// How far rounding takes a step from the truth depends on its numbers. A BatchNorm over two images
// gives +1 and -1 whatever they are; the gradient of what lies below it is what is left after
// nearly all has cancelled, and one rounding in 2^24 becomes 1e-3 of it, in PyTorch's float32 as in
// ours. So does what a softmax leaves of 1 where it is sure. So where a file is not within
// tolerance, its step is computed in float64, once as it is and several times with errors as
// float32 would make them: eight times what those move may lie between two implementations. The
// measure is taken without the engine under test and without the file's results: neither can widen
// its own limit.

const (
	unit      = 0x1p-24 // the relative error of rounding to float32
	samples   = 8       // of random errors; the largest move of each tensor counts
	roundings = 8       // as many moves may lie between two implementations in float32
)

// roundingMoves is by how much random errors of one rounding each move losses, outputs and
// gradients (Euclidean norms).
func (r *reference) roundingMoves() (map[string]float64, error) {
	e := portable.New(0)
	defer e.Close()
	exact, err := r.observe(e, kernel.F64, undisturbed)
	if err != nil {
		return nil, err
	}
	moves := map[string]float64{}
	for i := range samples {
		rounds := rounding{e, rng.For(uint64(i), rng.Synthetic)}
		moved, err := r.observe(rounds, kernel.F64, rounds.disturb)
		if err != nil {
			return nil, err
		}
		for name, values := range moved.values {
			moves[name] = max(moves[name], distance(values, exact.values[name]))
		}
	}
	return moves, nil
}

// rounding is an engine in float64 that makes errors of the size of float32's in the operations
// that lead to those from which a step enlarges them, and in these: BatchNorm (batchnorm.go) and
// the softmax of losses.
type rounding struct {
	kernel.Engine
	draw *rand.Rand
}

// disturb makes an error of one rounding in every value.
func (r rounding) disturb(values []float64) {
	for i := range values {
		values[i] *= 1 + unit*r.draw.NormFloat64()
	}
}

// Linear disturbs its result, of which the images' differences count further on.
func (r rounding) Linear(y, x, w kernel.Tensor, e kernel.Epilogue) {
	r.Engine.Linear(y, x, w, e)
	r.disturb(kernel.Slice[float64](y))
}

// LinearGradInput disturbs its result.
func (r rounding) LinearGradInput(dx, dy, w kernel.Tensor) {
	r.Engine.LinearGradInput(dx, dy, w)
	r.disturb(kernel.Slice[float64](dx))
}

// LayerNorm disturbs its result.
func (r rounding) LayerNorm(y, mean, rstd, x, gamma, beta kernel.Tensor, eps float64) {
	r.Engine.LayerNorm(y, mean, rstd, x, gamma, beta, eps)
	r.disturb(kernel.Slice[float64](y))
}

// InfoNCE disturbs the probabilities, whose distance from 1 is the gradient of a positive, and the
// loss, the logarithm of a sum of at least 1.
func (r rounding) InfoNCE(
	loss, probs, zq, zk, queue kernel.Tensor, first int, tau float64,
) {
	r.Engine.InfoNCE(loss, probs, zq, zk, queue, first, tau)
	r.softmax(loss, probs)
}

// SoftCrossEntropy disturbs as InfoNCE does.
func (r rounding) SoftCrossEntropy(loss, probs, logits, target kernel.Tensor) {
	r.Engine.SoftCrossEntropy(loss, probs, logits, target)
	r.softmax(loss, probs)
}

func (r rounding) softmax(loss, probs kernel.Tensor) {
	r.disturb(kernel.Slice[float64](probs))
	kernel.Slice[float64](loss)[0] += unit * r.draw.NormFloat64()
}
