package lanes

import "cmae/internal/kernel"

// member is the engine of one lane. An operation in which images depend on each other is computed
// for all lanes at once, by the lane that comes last; every other operation is the engine's own.
// Operations with running statistics, a ResNet's, cannot run in lanes.
//
// Every lane computes its share of the mean loss, and the loss of a step is the sum over the lanes.
// So a gradient that reaches a lane is the gradient of the whole loss, and gradients of parameters
// are summed over the lanes.
type member struct {
	kernel.Engine
	lane    int
	meeting *meeting
}

// BatchNorm takes its statistics from the images of all lanes.
func (e member) BatchNorm(
	y, mean, istd, x, gamma, beta kernel.Tensor, eps float64, groups int, f kernel.Finish,
) {
	const ( // places of what a lane brings
		atX = iota
		atY
		atResidual
		atMean
		atIStd
	)
	m := e.meeting
	m.join(e.lane, []kernel.Tensor{
		atX: x, atY: y, atResidual: f.Residual, atMean: mean, atIStd: istd,
	}, func(brought [][]kernel.Tensor) {
		first, whole := brought[0], m.whole(brought, atY)
		f.Residual = m.gather(e.Engine, brought, atResidual)
		e.Engine.BatchNorm(
			whole, first[atMean], first[atIStd], m.gather(e.Engine, brought, atX), gamma, beta, eps,
			groups, f,
		)
		m.scatter(e.Engine, whole, brought, atY)
		m.repeat(e.Engine, brought, atMean)
		m.repeat(e.Engine, brought, atIStd)
	})
}

// BatchNormGrad leaves the gradients of gamma and beta to the first lane; those of the others are
// 0.
func (e member) BatchNormGrad(
	dx, dgamma, dbeta, x, gamma, mean, istd, dy, y kernel.Tensor, groups int,
) {
	const (
		atX = iota
		atDY
		atY
		atDX
		atDGamma
		atDBeta
	)
	m := e.meeting
	m.join(e.lane, []kernel.Tensor{
		atX: x, atDY: dy, atY: y, atDX: dx, atDGamma: dgamma, atDBeta: dbeta,
	}, func(brought [][]kernel.Tensor) {
		first, whole := brought[0], m.whole(brought, atDX)
		e.Engine.BatchNormGrad(whole, first[atDGamma], first[atDBeta], m.gather(
			e.Engine, brought, atX,
		), gamma, mean, istd,
			m.gather(e.Engine, brought, atDY), m.gather(e.Engine, brought, atY), groups)
		m.scatter(e.Engine, whole, brought, atDX)
		for _, other := range brought[1:] {
			for _, sum := range []kernel.Tensor{other[atDGamma], other[atDBeta]} {
				if !sum.Absent() {
					e.Zero(sum)
				}
			}
		}
	})
}

// InfoNCE contrasts the queries of all lanes with the keys of all lanes. Every lane gets the loss
// of the whole batch, and counts its share of it.
func (e member) InfoNCE(loss, probs, zq, zk, queue kernel.Tensor, tau float64) {
	const (
		atZQ = iota
		atZK
		atLoss
		atProbs
	)
	m := e.meeting
	m.join(e.lane, []kernel.Tensor{
		atZQ: zq, atZK: zk, atLoss: loss, atProbs: probs,
	}, func(brought [][]kernel.Tensor) {
		first := brought[0]
		q, k := m.gather(e.Engine, brought, atZQ), m.gather(e.Engine, brought, atZK)
		e.Engine.InfoNCE(
			first[atLoss], m.keep(first[atProbs], q.Shape[0], k.Shape[0]), q, k, queue, tau,
		)
		m.repeat(e.Engine, brought, atLoss)
	})
}

// InfoNCEGrad multiplies by the number of lanes, for each of them has the whole loss and passes on
// its share of the gradient.
func (e member) InfoNCEGrad(dzq, probs, zk, queue, dloss kernel.Tensor, tau float64) {
	const (
		atZK = iota
		atDZQ
		atProbs
		atDLoss
	)
	m := e.meeting
	m.join(e.lane, []kernel.Tensor{
		atZK: zk, atDZQ: dzq, atProbs: probs, atDLoss: dloss,
	}, func(brought [][]kernel.Tensor) {
		first, whole := brought[0], m.whole(brought, atDZQ)
		k := m.gather(e.Engine, brought, atZK)
		e.Engine.InfoNCEGrad(
			whole, m.keep(first[atProbs], whole.Shape[0], k.Shape[0]), k, queue, first[atDLoss],
			tau,
		)
		e.Scale(whole, whole, float64(len(brought)))
		m.scatter(e.Engine, whole, brought, atDZQ)
	})
}
