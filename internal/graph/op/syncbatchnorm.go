package op

import (
	G "gorgonia.org/gorgonia"

	"cmae/internal/comm"
	"cmae/internal/kernel"
)

// syncBatchNorm is BatchNorm by the statistics of all replicas' images, without Finish. Each
// replica gathers the whole of x and normalises it, which costs little in a head, and keeps its own
// rows: so sums over few rows have the precision of one replica's. The whole is held during one
// operation only; the gradient gathers it again.
func syncBatchNorm(c comm.Comm, x *G.Node, o BatchNormOptions) *G.Node {
	in, diff := []*G.Node{x}, []int{0}
	affine := addOperand(&in, o.Gamma)
	addOperand(&in, o.Beta)
	if affine > 0 {
		diff = []int{0, 1, 2}
	}
	mean, istd := o.statistics(x)
	all, y := gatheredScratch(c, x), gatheredScratch(c, x)
	return apply(spec{
		kind: "batchnorm", in: in, dtype: TypeOf(x), shape: shapeOf(x),
		saves: []*Saved{mean, istd, all, y}, diff: diff,
		run: func(e kernel.Engine, shard kernel.Tensor, in []kernel.Tensor) {
			var gamma, beta kernel.Tensor
			if affine > 0 {
				gamma, beta = in[1], in[2]
			}
			c.AllGather(all.Tensor, in[0])
			e.BatchNorm(y.Tensor, mean.Tensor, istd.Tensor, all.Tensor, gamma, beta, o.Eps,
				o.groups(), kernel.Finish{})
			e.Copy(shard, own(c, y.Tensor))
		},
		grad: func(y, dy *G.Node) []*G.Node {
			return syncBatchNormGrad(c, x, o, mean, istd, y, dy)
		},
	})
}

// syncBatchNormGrad returns dx, then dgamma and dbeta if there are such parameters. Every replica
// computes those of the whole batch; as gradients of parameters are summed over the replicas, only
// the first passes them on.
func syncBatchNormGrad(
	c comm.Comm, x *G.Node, o BatchNormOptions, mean, istd *Saved, y, dy *G.Node,
) []*G.Node {
	in := []*G.Node{x, dy}
	affine := addOperand(&in, o.Gamma)
	allX, allDX, allDY := gatheredScratch(c, x), gatheredScratch(c, x), gatheredScratch(c, x)
	saves := []*Saved{allX, allDX, allDY}
	var dgamma, dbeta Saved
	if affine > 0 {
		dgamma, dbeta = *scratch(o.Gamma), *scratch(o.Gamma)
		saves = append(saves, &dgamma, &dbeta)
	}
	dx := apply(spec{
		kind: "batchnorm.dx", ofNode: y, in: in, dtype: TypeOf(x), shape: shapeOf(x),
		saves: saves, uses: []*Saved{mean, istd},
		run: func(e kernel.Engine, dx kernel.Tensor, in []kernel.Tensor) {
			c.AllGather(allX.Tensor, in[0])
			c.AllGather(allDY.Tensor, in[1])
			e.BatchNormGrad(
				allDX.Tensor, dgamma.Tensor, dbeta.Tensor, allX.Tensor, optional(in, affine),
				mean.Tensor, istd.Tensor, allDY.Tensor, kernel.Tensor{}, o.groups(),
			)
			e.Copy(dx, own(c, allDX.Tensor))
			if affine > 0 && c.Rank() > 0 {
				e.Zero(dgamma.Tensor)
				e.Zero(dbeta.Tensor)
			}
		},
	})
	grads := []*G.Node{dx}
	if affine > 0 {
		grads = append(grads, take(dx, &dgamma), take(dx, &dbeta))
	}
	return grads
}
