package portable

import (
	"cmae/internal/kernel"
	"cmae/internal/kernel/kerneltest"
)

// restoreOf two images of 4 patches, 2 of them visible: where each patch stands in the shuffled
// sequence.
func restoreOf(l lab) kernel.Tensor {
	return kerneltest.Indices(l, []int{2, 0, 3, 1, 1, 3, 0, 2}, 2, 4)
}

func gatherGradient(l lab) kerneltest.Gradient {
	cls, x, pos, y := l.random(3), l.random(2, 4, 3), l.random(5, 3), l.zeros(2, 3, 3)
	ids := kerneltest.Indices(l, []int{1, 3, 2, 0}, 2, 2)
	keep := l.zeros(2, 2)
	kerneltest.Fill(l, keep, []float64{1, 0, 1, 1})
	g := l.like(cls, x, pos)
	return kerneltest.Gradient{Inputs: []kernel.Tensor{cls, x, pos}, Grads: g, Output: y,
		Forward: func() { l.GatherTokens(y, cls, x, pos, ids, keep) },
		Backward: func(dy kernel.Tensor) {
			l.GatherTokensGrad(g[0], g[1], dy, ids)
			l.GatherTokensGradPos(g[2], dy, ids, keep)
		}}
}

func restoreGradient(l lab) kerneltest.Gradient {
	x, mask, pos, y := l.random(2, 3, 3), l.random(3), l.random(5, 3), l.zeros(2, 5, 3)
	restore := restoreOf(l)
	g := l.like(x, mask)
	return kerneltest.Gradient{Inputs: []kernel.Tensor{x, mask}, Grads: g, Output: y,
		Forward:  func() { l.RestoreTokens(y, x, mask, pos, restore) },
		Backward: func(dy kernel.Tensor) { l.RestoreTokensGrad(g[0], g[1], dy, restore) }}
}

func mergeGradient(l lab) kerneltest.Gradient {
	a, m, y, restore := l.random(2, 3, 3), l.random(2, 3, 3), l.zeros(2, 4, 3), restoreOf(l)
	g := l.like(a)
	return kerneltest.Gradient{Inputs: []kernel.Tensor{a}, Grads: g, Output: y,
		Forward:  func() { l.MergeTokens(y, a, m, restore) },
		Backward: func(dy kernel.Tensor) { l.MergeTokensGrad(g[0], dy, restore) }}
}

func poolGradient(l lab) kerneltest.Gradient {
	x, y := l.random(2, 5, 3), l.zeros(2, 3)
	g := l.like(x)
	return kerneltest.Gradient{Inputs: []kernel.Tensor{x}, Grads: g, Output: y,
		Forward:  func() { l.PoolTokens(y, x, 1, 4) },
		Backward: func(dy kernel.Tensor) { l.PoolTokensGrad(g[0], dy, 1, 4) }}
}

func sliceGradient(l lab) kerneltest.Gradient {
	x, y := l.random(2, 5, 3), l.zeros(2, 2, 3)
	g := l.like(x)
	return kerneltest.Gradient{Inputs: []kernel.Tensor{x}, Grads: g, Output: y,
		Forward:  func() { l.SliceTokens(y, x, 1, 3) },
		Backward: func(dy kernel.Tensor) { l.PadTokens(g[0], dy, 1) }}
}

func mseGradient(l lab) kerneltest.Gradient {
	pred, target, hidden, loss := l.random(2, 3, 5), l.random(2, 3, 5), l.zeros(2, 3), l.zeros()
	copy(f64(hidden), []float64{1, 0, 1, 1, 0, 0})
	g := l.like(pred)
	return kerneltest.Gradient{Inputs: []kernel.Tensor{pred}, Grads: g, Output: loss,
		Forward:  func() { l.MaskedMSE(loss, pred, target, hidden) },
		Backward: func(d kernel.Tensor) { l.MaskedMSEGrad(g[0], pred, target, hidden, d) }}
}

func squaredErrorGradient(l lab) kerneltest.Gradient {
	x, target, loss := l.random(3, 5), l.random(3, 5), l.zeros()
	g := l.like(x)
	return kerneltest.Gradient{Inputs: []kernel.Tensor{x}, Grads: g, Output: loss,
		Forward:  func() { l.SquaredError(loss, x, target, 0.3) },
		Backward: func(d kernel.Tensor) { l.SquaredErrorGrad(g[0], x, target, d, 0.3) }}
}

func crossEntropyGradient(l lab) kerneltest.Gradient {
	x, target, probs, loss := l.random(3, 5), l.random(3, 5), l.zeros(3, 5), l.zeros()
	g := l.like(x)
	return kerneltest.Gradient{Inputs: []kernel.Tensor{x}, Grads: g, Output: loss,
		Forward:  func() { l.SoftCrossEntropy(loss, probs, x, target) },
		Backward: func(d kernel.Tensor) { l.SoftCrossEntropyGrad(g[0], probs, target, d) }}
}

func infoNCEGradient(l lab) kerneltest.Gradient { return contrastGradient(l, 4, 4, 0, none) }

func infoNCEOfMoreGradient(l lab) kerneltest.Gradient { return contrastGradient(l, 9, 9, 3, none) }

func infoNCEQueueGradient(l lab) kerneltest.Gradient {
	return contrastGradient(l, 4, 8, 0, l.random(7, 5))
}

func contrastGradient(l lab, keys, width, first int, queue kernel.Tensor) kerneltest.Gradient {
	zq, zk, probs, loss := l.random(4, 5), l.random(keys, 5), l.zeros(4, width), l.zeros()
	g := l.like(zq)
	return kerneltest.Gradient{Inputs: []kernel.Tensor{zq}, Grads: g, Output: loss,
		Forward:  func() { l.InfoNCE(loss, probs, zq, zk, queue, first, 0.5) },
		Backward: func(d kernel.Tensor) { l.InfoNCEGrad(g[0], probs, zk, queue, d, first, 0.5) }}
}
