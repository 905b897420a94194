package op

import (
	G "gorgonia.org/gorgonia"

	"cmae/internal/comm"
	"cmae/internal/kernel"
)

// BatchNormOptions are the parts of BatchNorm beyond the statistics.
type BatchNormOptions struct {
	Gamma, Beta *G.Node // [C], both or neither
	Eps         float64
	Groups      int       // parts of the batch with statistics of their own; 0 means 1
	Running     *Running  // optional: what the batch's statistics are gathered in
	Comm        comm.Comm // optional: among whom the batch is divided
	// Apart says that the groups are a shard's, meant to have nothing to do with the images
	// of others; without Comm.
	Apart bool
	Finish
}

func (o BatchNormOptions) groups() int { return max(o.Groups, 1) }

// statistics is what the gradient needs of a pass over x[B,...,C].
func (o BatchNormOptions) statistics(x *G.Node) (mean, istd *Saved) {
	shape := []int{o.groups(), x.Shape()[x.Dims()-1]}
	return &Saved{Type: TypeOf(x), Shape: shape}, &Saved{Type: TypeOf(x), Shape: shape}
}

// Finish is what BatchNorm does to its result, in this order, in the same pass through memory.
type Finish struct {
	Residual *G.Node // optional: added, of x's type and shape
	ReLU     bool
}

// Running holds the statistics that BatchNorm gathers in training, which are inputs of the graph. A
// run of the graph moves them by Momentum towards the batch's, in place: no other operation writes
// to an operand. Nothing else in the graph may read them.
type Running struct {
	Mean, Variance *G.Node // [C]
	Momentum       float64
}

// BatchNorm normalises each column of x[B,...,C] by the statistics of the batch, of all replicas'
// shards where Comm divides it. Without Comm it knows the images of its own shard only.
func BatchNorm(x *G.Node, o BatchNormOptions) *G.Node {
	c := x.Shape()[x.Dims()-1]
	o.check(x, c)
	if comm.Divided(o.Comm) && o.Running == nil {
		y := syncBatchNorm(o.Comm, x, o)
		if o.Residual != nil {
			y = Add(y, o.Residual)
		}
		if o.ReLU {
			y = ReLU(y)
		}
		return y
	}
	in, diff := []*G.Node{x}, []int{0}
	affine := addOperand(&in, o.Gamma)
	addOperand(&in, o.Beta)
	if affine > 0 {
		diff = []int{0, 1, 2}
	}
	groups, rows := o.groups(), x.Shape().TotalSize()/c
	mean, istd := o.statistics(x)
	divided := newShards(o, mean)
	if divided != nil {
		rows *= divided.Size()
	}
	residual := addOperand(&in, o.Residual)
	if residual > 0 {
		requireShape(o.Residual, "batchnorm", "residual", in, shapeOf(x)...)
		diff = append(diff, residual)
	}
	update := o.Running.updater(&in, rows/groups, c)
	return apply(spec{
		kind: "batchnorm", in: in, dtype: TypeOf(x), shape: shapeOf(x),
		saves: append([]*Saved{mean, istd}, divided.saves(true)...), diff: diff,
		mixes: !o.Apart && divided == nil,
		run: func(e kernel.Engine, y kernel.Tensor, in []kernel.Tensor) {
			var gamma, beta kernel.Tensor
			if affine > 0 {
				gamma, beta = in[1], in[2]
			}
			finish := kernel.Finish{Residual: optional(in, residual), ReLU: o.ReLU}
			e.BatchNorm(y, mean.Tensor, istd.Tensor, in[0], gamma, beta, o.Eps, groups, finish)
			if divided != nil {
				divided.normalise(e, y, mean.Tensor, istd.Tensor, in[0], gamma, beta, finish)
			}
			if divided == nil || comm.Leads(o.Comm) {
				update(e, in, mean.Tensor, istd.Tensor, o.Eps)
			}
		},
		grad: func(y, dy *G.Node) []*G.Node {
			return batchNormGrad(x, o, mean, istd, divided.gradient(), y, dy)
		},
	})
}

// check refuses what BatchNorm cannot do to x of c columns.
func (o BatchNormOptions) check(x *G.Node, c int) {
	in, batch := []*G.Node{x}, x.Shape()[0]
	addOperand(&in, o.Gamma)
	addOperand(&in, o.Beta)
	require((o.Gamma == nil) == (o.Beta == nil), "batchnorm", in, "gamma and beta come together")
	if o.Gamma != nil {
		requireShape(o.Gamma, "batchnorm", "gamma", in, c)
		requireShape(o.Beta, "batchnorm", "beta", in, c)
	}
	if comm.Divided(o.Comm) {
		batch *= o.Comm.Size()
		require(o.Running == nil || o.Gamma != nil && o.groups() == 1, "batchnorm", in,
			"a batch in shards has running statistics with gamma and beta, and without groups")
	}
	require(
		batch%o.groups() == 0, "batchnorm", in, "a batch of %d does not divide into %d groups",
		batch, o.groups(),
	)
}

// batchNormGrad returns dx, then dgamma and dbeta if there are such parameters, then the gradient
// of the residual if there is one.
func batchNormGrad(
	x *G.Node, o BatchNormOptions, mean, istd *Saved, divided *shards, y, dy *G.Node,
) []*G.Node {
	masked := o.ReLU
	if masked && o.Residual != nil {
		dy, masked = reluGrad(y, dy), false // the residual's gradient is masked too
	}
	in := []*G.Node{x, dy}
	affine := addOperand(&in, o.Gamma)
	result := 0
	if masked {
		result = addOperand(&in, y)
	}
	var dgamma, dbeta *Saved
	var saves []*Saved
	if affine > 0 {
		dgamma = &Saved{Type: TypeOf(o.Gamma), Shape: shapeOf(o.Gamma)}
		dbeta = &Saved{Type: TypeOf(o.Gamma), Shape: shapeOf(o.Gamma)}
		saves = []*Saved{dgamma, dbeta}
	}
	around, uses := mean, []*Saved{mean, istd}
	var own *Saved // dx by the shard's own mean and sums
	if divided != nil {
		own, around = scratch(x), divided.mean
		saves = append(append(saves, divided.saves(false)...), own)
		uses = append(uses, divided.mean)
	}
	dx := apply(spec{
		kind: "batchnorm.dx", ofNode: y, in: in, dtype: TypeOf(x), shape: shapeOf(x), saves: saves,
		uses: uses,
		run: func(e kernel.Engine, dx kernel.Tensor, in []kernel.Tensor) {
			var g, b kernel.Tensor
			if affine > 0 {
				g, b = dgamma.Tensor, dbeta.Tensor
			}
			to := dx
			if divided != nil {
				to = own.Tensor
			}
			e.BatchNormGrad(
				to, g, b, in[0], optional(in, affine), around.Tensor, istd.Tensor, in[1],
				optional(in, result), o.groups(),
			)
			if divided != nil {
				divided.complete(e, dx, to, g, b, in[0], in[affine], mean.Tensor, istd.Tensor)
			}
		},
	})
	grads := []*G.Node{dx}
	if affine > 0 {
		grads = append(grads, take(dx, dgamma), take(dx, dbeta))
	}
	if o.Residual != nil {
		grads = append(grads, dy)
	}
	return grads
}

// updater appends the running statistics to the operands and returns the function that moves them.
// If r is nil there are none, and the function does nothing.
func (r *Running) updater(in *[]*G.Node, rows, c int) func(
	e kernel.Engine, in []kernel.Tensor, mean, istd kernel.Tensor, eps float64,
) {
	if r == nil {
		return func(kernel.Engine, []kernel.Tensor, kernel.Tensor, kernel.Tensor, float64) {}
	}
	at := len(*in)
	*in = append(*in, r.Mean, r.Variance)
	requireShape(r.Mean, "batchnorm", "running mean", *in, c)
	requireShape(r.Variance, "batchnorm", "running variance", *in, c)
	require(rows > 1, "batchnorm", *in, "a single value of a channel has no variance")
	return func(e kernel.Engine, in []kernel.Tensor, mean, istd kernel.Tensor, eps float64) {
		e.UpdateRunning(in[at], in[at+1], mean, istd, rows, eps, r.Momentum)
	}
}

// BatchNormRunning normalises each column of x[...,C] by statistics gathered before, as in
// evaluation. It has no gradient.
func BatchNormRunning(x, mean, variance, gamma, beta *G.Node, eps float64, f Finish) *G.Node {
	in := []*G.Node{x, mean, variance, gamma, beta}
	for i, operand := range []string{"mean", "variance", "gamma", "beta"} {
		requireShape(in[1+i], "batchnorm", operand, in, x.Shape()[x.Dims()-1])
	}
	residual := addOperand(&in, f.Residual)
	if residual > 0 {
		requireShape(f.Residual, "batchnorm", "residual", in, shapeOf(x)...)
	}
	return apply(spec{
		kind: "batchnorm", in: in, dtype: TypeOf(x), shape: shapeOf(x),
		run: func(e kernel.Engine, y kernel.Tensor, in []kernel.Tensor) {
			e.BatchNormRunning(
				y, in[0], in[1], in[2], in[3], in[4], eps,
				kernel.Finish{Residual: optional(in, residual), ReLU: f.ReLU},
			)
		},
	})
}
