package op

import (
	G "gorgonia.org/gorgonia"

	"cmae/internal/kernel"
)

// BatchNormOptions are the parts of BatchNorm beyond the statistics.
type BatchNormOptions struct {
	Gamma, Beta *G.Node // [C], both or neither
	Eps         float64
	Groups      int // parts of the batch with statistics of their own; 0 means 1
}

// BatchNorm normalises each column of x[R,C] by the statistics of the batch.
func BatchNorm(x *G.Node, o BatchNormOptions) *G.Node {
	in := []*G.Node{x}
	affine := addOperand(&in, o.Gamma)
	addOperand(&in, o.Beta)
	groups := max(o.Groups, 1)
	c := x.Shape()[x.Dims()-1]
	rows := x.Shape().TotalSize() / c
	require((o.Gamma == nil) == (o.Beta == nil), "batchnorm", in, "gamma and beta come together")
	require(rows%groups == 0, "batchnorm", in, "%d rows do not divide into %d groups", rows, groups)
	diff := []int{0}
	if affine > 0 {
		requireShape(o.Gamma, "batchnorm", "gamma", in, c)
		requireShape(o.Beta, "batchnorm", "beta", in, c)
		diff = []int{0, 1, 2}
	}
	mean := &Saved{Type: TypeOf(x), Shape: []int{groups, c}}
	istd := &Saved{Type: TypeOf(x), Shape: []int{groups, c}}
	return apply(spec{
		kind: "batchnorm", in: in, dtype: TypeOf(x), shape: shapeOf(x), saves: []*Saved{mean, istd}, diff: diff,
		run: func(e kernel.Engine, y kernel.Tensor, in []kernel.Tensor) {
			var gamma, beta kernel.Tensor
			if affine > 0 {
				gamma, beta = in[1], in[2]
			}
			e.BatchNorm(y, mean.Tensor, istd.Tensor, in[0], gamma, beta, o.Eps, groups)
		},
		grad: func(y, dy *G.Node) []*G.Node { return batchNormGrad(x, o.Gamma, mean, istd, groups, y, dy) },
	})
}

func batchNormGrad(x, gamma *G.Node, mean, istd *Saved, groups int, y, dy *G.Node) []*G.Node {
	in := []*G.Node{x, dy}
	affine := addOperand(&in, gamma)
	var dgamma, dbeta *Saved
	var saves []*Saved
	if affine > 0 {
		dgamma = &Saved{Type: TypeOf(gamma), Shape: shapeOf(gamma)}
		dbeta = &Saved{Type: TypeOf(gamma), Shape: shapeOf(gamma)}
		saves = []*Saved{dgamma, dbeta}
	}
	dx := apply(spec{
		kind: "batchnorm.dx", ofNode: y, in: in, dtype: TypeOf(x), shape: shapeOf(x), saves: saves, uses: []*Saved{mean, istd},
		run: func(e kernel.Engine, dx kernel.Tensor, in []kernel.Tensor) {
			var g, b kernel.Tensor
			if affine > 0 {
				g, b = dgamma.Tensor, dbeta.Tensor
			}
			e.BatchNormGrad(dx, g, b, in[0], optional(in, affine), mean.Tensor, istd.Tensor, in[1], groups)
		},
	})
	if affine == 0 {
		return []*G.Node{dx}
	}
	return []*G.Node{dx, take(dx, dgamma), take(dx, dbeta)}
}
