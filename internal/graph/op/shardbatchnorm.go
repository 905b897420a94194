package op

import (
	"math"
	"slices"

	"cmae/internal/comm"
	"cmae/internal/kernel"
)

// shards make BatchNorm over a map's shards, of one in each replica, BatchNorm over the whole
// batch. What they tell each other are two numbers a channel in each direction: a ResNet's maps are
// too large for all replicas to have them whole, as syncBatchNorm does in a head.
//
// A shard's pass comes first, by its own statistics. Those of the batch follow from all shards', as
// shards are of one size; then the shard is normalised again, by these. A replica's dx is likewise
// the gradient by its own mean and sums, and a term of each channel, affine in x, that makes them
// the batch's.
type shards struct {
	comm.Comm
	eps                    float64
	mean                   *Saved // [1,C] of this shard, kept for the gradient
	own, all               *Saved // [2,C] of this shard, [2*Size,C] of all
	variance, scale, shift *Saved // [C]
}

// newShards are those of o for statistics like mean, or nil where the batch is not divided or the
// whole is gathered.
func newShards(o BatchNormOptions, like *Saved) *shards {
	if !comm.Divided(o.Comm) || o.Running == nil {
		return nil
	}
	s := &shards{Comm: o.Comm, eps: o.Eps, mean: &Saved{Type: like.Type, Shape: like.Shape}}
	s.prepare()
	return s
}

// prepare gives s the memory of a pass.
func (s *shards) prepare() {
	channels := s.mean.Shape[1]
	saved := func(shape ...int) *Saved { return &Saved{Type: s.mean.Type, Shape: shape} }
	s.own, s.all = saved(2, channels), saved(2*s.Size(), channels)
	s.variance, s.scale, s.shift = saved(channels), saved(channels), saved(channels)
}

// gradient is s for the gradient's pass, which reads the mean that s has kept.
func (s *shards) gradient() *shards {
	if s == nil {
		return nil
	}
	g := *s
	g.prepare()
	return &g
}

// saves is the memory that a pass writes; nil shards need none.
func (s *shards) saves(forward bool) []*Saved {
	if s == nil {
		return nil
	}
	all := []*Saved{s.own, s.all, s.variance, s.scale, s.shift}
	if forward {
		all = append(all, s.mean)
	}
	return all
}

// normalise makes mean and istd those of the batch and y the shard normalised by them.
func (s *shards) normalise(
	e kernel.Engine, y, mean, istd, x, gamma, beta kernel.Tensor, f kernel.Finish,
) {
	size, channels := s.Size(), mean.Len()
	e.Copy(s.mean.Tensor, mean)
	pairs := s.gather(e, mean, istd)
	means, istds, variances := zeros(channels), zeros(channels), zeros(channels)
	for c := range channels {
		for rank := range size {
			means[c] += pairs[2*rank][c] / float64(size)
		}
		for rank := range size {
			apart, inverse := pairs[2*rank][c]-means[c], pairs[2*rank+1][c]
			variances[c] += (1/(inverse*inverse) - s.eps + apart*apart) / float64(size)
		}
		istds[c] = 1 / math.Sqrt(variances[c]+s.eps)
	}
	kernel.Write(e, mean, means)
	kernel.Write(e, istd, istds)
	kernel.Write(e, s.variance.Tensor, variances)
	e.BatchNormRunning(y, x, mean.View(channels), s.variance.Tensor, gamma, beta, s.eps, f)
}

// complete makes dx of own, the gradient by this shard's mean and sums. dgamma becomes that by the
// batch's mean. It stays the shard's, as dbeta does: gradients of parameters are summed over the
// replicas later.
func (s *shards) complete(
	e kernel.Engine, dx, own, dgamma, dbeta, x, gamma, mean, istd kernel.Tensor,
) {
	size, channels := s.Size(), mean.Len()
	read := func(t kernel.Tensor) []float64 { return kernel.Read[float64](e, t) }
	gammas, istds, means, near := read(gamma), read(istd), read(mean), read(s.mean.Tensor)
	products, sums := read(dgamma), read(dbeta) // of dy and the normalised x, and of dy
	centred := slices.Clone(products)
	for c := range channels {
		products[c] += sums[c] * (near[c] - means[c]) * istds[c]
	}
	kernel.Write(e, dgamma, products)
	pairs := s.gather(e, dgamma, dbeta)
	scale, shift, variances := zeros(channels), zeros(channels), zeros(channels)
	for c := range channels {
		var product, sum float64 // means over the shards
		for rank := range size {
			product += pairs[2*rank][c] / float64(size)
			sum += pairs[2*rank+1][c] / float64(size)
		}
		by := gammas[c] * istds[c] / float64(x.Rows())
		scale[c] = by * (centred[c] - product)
		shift[c] = by * (sums[c] - sum - centred[c]*(near[c]-means[c])*istds[c])
		variances[c] = 1/(istds[c]*istds[c]) - s.eps
	}
	kernel.Write(e, s.scale.Tensor, scale)
	kernel.Write(e, s.shift.Tensor, shift)
	kernel.Write(e, s.variance.Tensor, variances)
	e.BatchNormRunning(
		dx, x, mean.View(channels), s.variance.Tensor, s.scale.Tensor, s.shift.Tensor, s.eps,
		kernel.Finish{Residual: own},
	)
}

// gather is a and b, of C numbers each, of every replica in order of rank.
func (s *shards) gather(e kernel.Engine, a, b kernel.Tensor) (pairs [][]float64) {
	channels := a.Len()
	e.Copy(s.own.Tensor.Part(0, 1), a.View(1, channels))
	e.Copy(s.own.Tensor.Part(1, 2), b.View(1, channels))
	s.AllGather(s.all.Tensor, s.own.Tensor)
	values := kernel.Read[float64](e, s.all.Tensor)
	for range 2 * s.Size() {
		pairs, values = append(pairs, values[:channels]), values[channels:]
	}
	return pairs
}

func zeros(n int) []float64 { return make([]float64, n) }
