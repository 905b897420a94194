package lanes

import "cmae/internal/kernel"

// member is the engine of one lane. Operations in which images depend on each other are done for all lanes at once, by the one that
// comes last; every other one is the engine's own. Those with running statistics, a ResNet's, have no place in lanes.
//
// The loss of a step is the sum of what lanes compute, a share of the mean each. So a gradient that reaches a lane is that of the whole
// loss, and gradients of parameters are summed over the lanes.
type member struct {
	kernel.Engine
	lane    int
	meeting *meeting
}

// BatchNorm takes its statistics from the images of all lanes.
func (e member) BatchNorm(y, mean, istd, x, gamma, beta kernel.Tensor, eps float64, groups int, f kernel.Finish) {
	m := e.meeting
	m.join(e.lane, func(brought [][]kernel.Tensor) {
		first := brought[0]
		whole := m.whole(brought, 1)
		f.Residual = m.gather(e.Engine, brought, 2)
		e.Engine.BatchNorm(whole, first[3], first[4], m.gather(e.Engine, brought, 0), gamma, beta, eps, groups, f)
		m.scatter(e.Engine, whole, brought, 1)
		m.repeat(e.Engine, brought, 3)
		m.repeat(e.Engine, brought, 4)
	}, x, y, f.Residual, mean, istd)
}

// BatchNormGrad leaves the gradients of gamma and beta to the first lane; those of the others are 0.
func (e member) BatchNormGrad(dx, dgamma, dbeta, x, gamma, mean, istd, dy, y kernel.Tensor, groups int) {
	m := e.meeting
	m.join(e.lane, func(brought [][]kernel.Tensor) {
		first := brought[0]
		whole := m.whole(brought, 3)
		e.Engine.BatchNormGrad(whole, first[4], first[5], m.gather(e.Engine, brought, 0), gamma, mean, istd,
			m.gather(e.Engine, brought, 1), m.gather(e.Engine, brought, 2), groups)
		m.scatter(e.Engine, whole, brought, 3)
		for _, other := range brought[1:] {
			for _, sum := range other[4:] {
				if !sum.Absent() {
					e.Zero(sum)
				}
			}
		}
	}, x, dy, y, dx, dgamma, dbeta)
}

// InfoNCE contrasts the queries of all lanes with the keys of all lanes. Each gets the loss of the whole batch, of which its share of the
// total is a part.
func (e member) InfoNCE(loss, probs, zq, zk, queue kernel.Tensor, tau float64) {
	m := e.meeting
	m.join(e.lane, func(brought [][]kernel.Tensor) {
		q, k := m.gather(e.Engine, brought, 0), m.gather(e.Engine, brought, 1)
		rows := q.Shape[0]
		e.Engine.InfoNCE(brought[0][2], m.keep(brought[0][3], rows, rows), q, k, queue, tau)
		m.repeat(e.Engine, brought, 2)
	}, zq, zk, loss, probs)
}

// InfoNCEGrad multiplies by the number of lanes, for each of them has the whole loss and passes on its share of the gradient.
func (e member) InfoNCEGrad(dzq, probs, zk, queue, dloss kernel.Tensor, tau float64) {
	m := e.meeting
	m.join(e.lane, func(brought [][]kernel.Tensor) {
		whole := m.whole(brought, 1)
		e.Engine.InfoNCEGrad(whole, m.kept[brought[0][2].Data], m.gather(e.Engine, brought, 0), queue, brought[0][3], tau)
		e.Scale(whole, whole, float64(len(brought)))
		m.scatter(e.Engine, whole, brought, 1)
	}, zk, dzq, probs, dloss)
}
