package nn

import (
	G "gorgonia.org/gorgonia"

	"cmae/internal/comm"
	"cmae/internal/graph/op"
)

// BatchMode says what BatchNorm2d normalises by.
type BatchMode struct {
	// by the statistics of the batch, and move the running ones; else by the running ones
	Train bool
	// parts of the batch with statistics of their own, in training, in place of MoCo's shuffling
	// over devices; 0 means 1
	Groups int
	// of several processes, which divide the groups: each has some
	Apart bool
}

// BatchNormEps is what every BatchNorm adds to a variance, as in published ResNets.
const BatchNormEps = 1e-5

// batchNormMomentum is how far a batch moves the running statistics, in published ResNets.
const batchNormMomentum = 0.1

// BatchNorm2d normalises the channels of images [B,S*S,C].
type BatchNorm2d struct {
	Weight, Bias   *G.Node
	Mean, Variance *G.Node // running
	mode           BatchMode
	comm           comm.Comm
}

// NewBatchNorm2d makes a layer over channels. Its running statistics are parameters of the role
// Running.
func NewBatchNorm2d(s *Scope, channels int, m BatchMode) *BatchNorm2d {
	return &BatchNorm2d{
		Weight: s.Param("weight", Ones, channels), Bias: s.Param("bias", Zeros, channels),
		Mean:     s.node("running_mean", Zeros, Running, []int{channels}),
		Variance: s.node("running_var", Ones, Running, []int{channels}),
		mode:     m, comm: s.Comm(),
	}
}

// Forward keeps the shape. In training each run of the graph moves the running statistics, once for
// every Forward in it, in that order.
func (l *BatchNorm2d) Forward(x *G.Node) *G.Node { return l.forward(x, op.Finish{}) }

// ForwardReLU is Forward, plus residual unless that is nil, and a ReLU, in one pass through memory.
func (l *BatchNorm2d) ForwardReLU(x, residual *G.Node) *G.Node {
	return l.forward(x, op.Finish{Residual: residual, ReLU: true})
}

func (l *BatchNorm2d) forward(x *G.Node, f op.Finish) *G.Node {
	if !l.mode.Train {
		return op.BatchNormRunning(x, l.Mean, l.Variance, l.Weight, l.Bias, BatchNormEps, f)
	}
	among := l.comm
	if l.mode.Apart {
		among = nil
	}
	return op.BatchNorm(x, op.BatchNormOptions{
		Gamma: l.Weight, Beta: l.Bias, Eps: BatchNormEps, Finish: f, Comm: among,
		Groups: l.mode.Groups, Apart: l.mode.Apart,
		Running: &op.Running{Mean: l.Mean, Variance: l.Variance, Momentum: batchNormMomentum},
	})
}
