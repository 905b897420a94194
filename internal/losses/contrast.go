package losses

import (
	"math"

	G "gorgonia.org/gorgonia"

	"cmae/internal/comm"
	"cmae/internal/graph/op"
)

// Contrast is L_ctr, InfoNCE of unit vectors zq[B,C] and zk[B,C] (spec 1.7):
//
//	L_ctr = 1/B sum_b -log( exp(zq_b.zk_b/tau) / (exp(zq_b.zk_b/tau) + sum_neg exp(zq_b.neg/tau)) )
//
// The negatives are the other images' zk, or queue[Q,C] when it is not nil. scaleByTau multiplies
// by 2 tau, as MoCo-v3 does.
//
// c joins the replicas of the batch and may be nil.
func Contrast(c comm.Comm, zq, zk, queue *G.Node, tau float64, scaleByTau bool) *G.Node {
	loss := op.InfoNCE(c, zq, zk, queue, tau)
	if scaleByTau {
		loss = op.Scale(loss, 2*tau)
	}
	return loss
}

// ContrastGuess is L_ctr of a query that is as near to the given number of negatives as to its key:
// the logarithm of how many there are to choose from.
func ContrastGuess(negatives int, tau float64, scaleByTau bool) float64 {
	guess := math.Log(float64(negatives + 1))
	if scaleByTau {
		guess *= 2 * tau
	}
	return guess
}

// Symmetric is the average of the losses a and b, one for each way to take the two views as query
// and key.
func Symmetric(a, b *G.Node) *G.Node {
	return op.WeightedSum([]*G.Node{a, b}, []float64{0.5, 0.5})
}
