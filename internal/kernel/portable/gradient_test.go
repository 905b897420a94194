package portable

import (
	"testing"

	"cmae/internal/kernel"
	"cmae/internal/kernel/kerneltest"
	"cmae/internal/rng"
)

// lab makes float64 tensors for gradient checks.
type lab struct {
	*Engine
	draw func() float64
}

func (l lab) zeros(shape ...int) kernel.Tensor { return l.New(kernel.F64, shape...) }

func (l lab) random(shape ...int) kernel.Tensor {
	x := l.zeros(shape...)
	for i := range f64(x) {
		f64(x)[i] = l.draw()
	}
	return x
}

// like is a tensor of the same shape for each x.
func (l lab) like(xs ...kernel.Tensor) []kernel.Tensor {
	var all []kernel.Tensor
	for _, x := range xs {
		all = append(all, l.zeros(x.Shape...))
	}
	return all
}

var none kernel.Tensor

// Central differences of step 1e-5 are good to some 1e-9 of the values summed.
const gradientTolerance = 1e-7

func TestGradients(t *testing.T) {
	l := lab{New(2), rng.For(5, rng.Synthetic).NormFloat64}
	for name, build := range map[string]func(lab) kerneltest.Gradient{
		"linear": linearGradient, "linear-gelu": linearGELUGradient, "attention": attentionGradient,
		"layernorm": layerNormGradient, "batchnorm": batchNormGradient, "l2normalize": l2Gradient,
		"gelu": geluGradient, "relu": reluGradient, "gather": gatherGradient,
		"restore": restoreGradient, "merge": mergeGradient, "pool": poolGradient,
		"slice": sliceGradient, "mse": mseGradient, "squared-error": squaredErrorGradient,
		"cross-entropy":   crossEntropyGradient,
		"infonce":         infoNCEGradient,
		"infonce-of-more": infoNCEOfMoreGradient,
		"infonce-queue":   infoNCEQueueGradient,
	} {
		t.Run(name, func(t *testing.T) { build(l).Check(t, l, gradientTolerance) })
	}
}

func linearGradient(l lab) kerneltest.Gradient {
	x, w, b, y := l.random(5, 7), l.random(3, 7), l.random(3), l.zeros(5, 3)
	g := l.like(x, w, b)
	return kerneltest.Gradient{Inputs: []kernel.Tensor{x, w, b}, Grads: g, Output: y,
		Forward: func() { l.Linear(y, x, w, kernel.Epilogue{Bias: b}) },
		Backward: func(dy kernel.Tensor) {
			l.LinearGradInput(g[0], dy, w)
			l.LinearGradWeight(g[1], g[2], dy, x)
		}}
}

func linearGELUGradient(l lab) kerneltest.Gradient {
	x, w, r, pre, y := l.random(5, 7), l.random(3, 7), l.random(5, 3), l.zeros(5, 3), l.zeros(5, 3)
	g, dpre := l.like(x, w, r), l.zeros(5, 3)
	return kerneltest.Gradient{Inputs: []kernel.Tensor{x, w, r}, Grads: g, Output: y,
		Forward: func() { l.Linear(y, x, w, kernel.Epilogue{Pre: pre, GELU: true, Residual: r}) },
		Backward: func(dy kernel.Tensor) {
			l.GELUGrad(dpre, pre, dy)
			l.LinearGradInput(g[0], dpre, w)
			l.LinearGradWeight(g[1], none, dpre, x)
			l.Copy(g[2], dy)
		}}
}

func attentionGradient(l lab) kerneltest.Gradient {
	qkv, probs, y := l.random(2, 5, 18), l.zeros(2, 2, 5, 5), l.zeros(2, 5, 6)
	g := l.like(qkv)
	return kerneltest.Gradient{Inputs: []kernel.Tensor{qkv}, Grads: g, Output: y,
		Forward:  func() { l.Attention(y, probs, qkv, 2) },
		Backward: func(dy kernel.Tensor) { l.AttentionGrad(g[0], qkv, probs, dy, 2) }}
}

func layerNormGradient(l lab) kerneltest.Gradient {
	x, gamma, beta, mean := l.random(4, 7), l.random(7), l.random(7), l.zeros(4)
	rstd, y := l.zeros(4), l.zeros(4, 7)
	g := l.like(x, gamma, beta)
	return kerneltest.Gradient{Inputs: []kernel.Tensor{x, gamma, beta}, Grads: g, Output: y,
		Forward: func() { l.LayerNorm(y, mean, rstd, x, gamma, beta, 1e-6) },
		Backward: func(dy kernel.Tensor) {
			l.LayerNormGrad(g[0], g[1], g[2], x, gamma, mean, rstd, dy)
		}}
}

func batchNormGradient(l lab) kerneltest.Gradient {
	x, gamma, beta, mean := l.random(8, 5), l.random(5), l.random(5), l.zeros(2, 5)
	istd, y := l.zeros(2, 5), l.zeros(8, 5)
	g := l.like(x, gamma, beta)
	return kerneltest.Gradient{Inputs: []kernel.Tensor{x, gamma, beta}, Grads: g, Output: y,
		Forward: func() { l.BatchNorm(y, mean, istd, x, gamma, beta, 1e-5, 2, kernel.Finish{}) },
		Backward: func(dy kernel.Tensor) {
			l.BatchNormGrad(g[0], g[1], g[2], x, gamma, mean, istd, dy, kernel.Tensor{}, 2)
		}}
}

func l2Gradient(l lab) kerneltest.Gradient {
	x, y, norm := l.random(3, 5), l.zeros(3, 5), l.zeros(3)
	g := l.like(x)
	return kerneltest.Gradient{Inputs: []kernel.Tensor{x}, Grads: g, Output: y,
		Forward:  func() { l.L2Normalize(y, norm, x) },
		Backward: func(dy kernel.Tensor) { l.L2NormalizeGrad(g[0], y, norm, dy) }}
}

func geluGradient(l lab) kerneltest.Gradient {
	x, y := l.random(33), l.zeros(33)
	g := l.like(x)
	return kerneltest.Gradient{Inputs: []kernel.Tensor{x}, Grads: g, Output: y,
		Forward:  func() { l.GELU(y, x) },
		Backward: func(dy kernel.Tensor) { l.GELUGrad(g[0], x, dy) }}
}

func reluGradient(l lab) kerneltest.Gradient {
	x, y := l.random(33), l.zeros(33)
	g := l.like(x)
	return kerneltest.Gradient{Inputs: []kernel.Tensor{x}, Grads: g, Output: y,
		Forward:  func() { l.ReLU(y, x) },
		Backward: func(dy kernel.Tensor) { l.ReLUGrad(g[0], y, dy) }}
}
