package op

import (
	G "gorgonia.org/gorgonia"

	"cmae/internal/comm"
	"cmae/internal/kernel"
)

// MaskedMSE is the squared error of pred against target[B,N,P], averaged over the P values of a
// patch and over the patches where hidden[B,N] is 1.
func MaskedMSE(pred, target, hidden *G.Node) *G.Node {
	in := []*G.Node{pred, target, hidden}
	requireShape(pred, "maskedmse", "prediction", in, -1, -1, -1)
	requireShape(target, "maskedmse", "target", in, shapeOf(pred)...)
	requireShape(hidden, "maskedmse", "mask", in, pred.Shape()[0], pred.Shape()[1])
	return scalarLoss(spec{
		kind: "maskedmse", in: in,
		run: func(e kernel.Engine, y kernel.Tensor, in []kernel.Tensor) {
			e.MaskedMSE(y, in[0], in[1], in[2])
		},
	}, pred, func(y, dy *G.Node) spec {
		return spec{
			in: []*G.Node{pred, target, hidden, dy},
			run: func(e kernel.Engine, dx kernel.Tensor, in []kernel.Tensor) {
				e.MaskedMSEGrad(dx, in[0], in[1], in[2], in[3])
			},
		}
	})
}

// SquaredError is scale times the sum of (x - target)^2.
func SquaredError(x, target *G.Node, scale float64) *G.Node {
	in := []*G.Node{x, target}
	requireShape(target, "squarederror", "target", in, shapeOf(x)...)
	return scalarLoss(spec{
		kind: "squarederror", in: in,
		run: func(e kernel.Engine, y kernel.Tensor, in []kernel.Tensor) {
			e.SquaredError(y, in[0], in[1], scale)
		},
	}, x, func(y, dy *G.Node) spec {
		return spec{
			in: []*G.Node{x, target, dy},
			run: func(e kernel.Engine, dx kernel.Tensor, in []kernel.Tensor) {
				e.SquaredErrorGrad(dx, in[0], in[1], in[2], scale)
			},
		}
	})
}

// SoftCrossEntropy is the mean over rows of -sum target log softmax(logits[R,C]).
func SoftCrossEntropy(logits, target *G.Node) *G.Node {
	in := []*G.Node{logits, target}
	requireShape(target, "crossentropy", "target", in, shapeOf(logits)...)
	probs := &Saved{Type: TypeOf(logits), Shape: shapeOf(logits)}
	return scalarLoss(spec{
		kind: "crossentropy", in: in, saves: []*Saved{probs},
		run: func(e kernel.Engine, y kernel.Tensor, in []kernel.Tensor) {
			e.SoftCrossEntropy(y, probs.Tensor, in[0], in[1])
		},
	}, logits, func(y, dy *G.Node) spec {
		return spec{
			in: []*G.Node{target, dy}, uses: []*Saved{probs},
			run: func(e kernel.Engine, dx kernel.Tensor, in []kernel.Tensor) {
				e.SoftCrossEntropyGrad(dx, probs.Tensor, in[0], in[1])
			},
		}
	})
}

// InfoNCE contrasts every query zq[B,C] with its own image's key in zk[B,C] and with negatives: the
// other images' keys, of all replicas where c divides the batch, or, unless it is nil, queue[Q,C]
// (spec 1.7). Only zq has a gradient. Each replica has the mean over its own queries.
func InfoNCE(c comm.Comm, zq, zk, queue *G.Node, tau float64) *G.Node {
	in := []*G.Node{zq, zk}
	requireShape(zq, "infonce", "queries", in, -1, -1)
	rows, width := zq.Shape()[0], zq.Shape()[1]
	requireShape(zk, "infonce", "keys", in, rows, width)
	keys, first := zk, 0
	if queue == nil && comm.Divided(c) {
		keys, first = AllGather(c, zk), c.Rank()*rows
	}
	in = []*G.Node{zq, keys}
	queued := addOperand(&in, queue)
	probs := &Saved{Type: TypeOf(zq), Shape: []int{rows, keys.Shape()[0]}}
	if queue != nil {
		requireShape(queue, "infonce", "queue", in, -1, width)
		probs.Shape[1] = 1 + queue.Shape()[0]
	}
	return scalarLoss(spec{
		kind: "infonce", in: in, saves: []*Saved{probs},
		mixes: queue == nil && !comm.Divided(c),
		run: func(e kernel.Engine, y kernel.Tensor, in []kernel.Tensor) {
			e.InfoNCE(y, probs.Tensor, in[0], in[1], optional(in, queued), first, tau)
		},
	}, zq, func(y, dy *G.Node) spec {
		gradIn := []*G.Node{keys, dy}
		gradQueue := addOperand(&gradIn, queue)
		return spec{
			in: gradIn, uses: []*Saved{probs},
			run: func(e kernel.Engine, dx kernel.Tensor, in []kernel.Tensor) {
				e.InfoNCEGrad(
					dx, probs.Tensor, in[0], optional(in, gradQueue), in[1], first, tau,
				)
			},
		}
	})
}

// WeightedSum is the sum of weights[i] losses[i], the total that is differentiated.
func WeightedSum(losses []*G.Node, weights []float64) *G.Node {
	require(len(losses) == len(weights), "total", losses, "%d weights", len(weights))
	diff := make([]int, len(losses))
	for i := range diff {
		diff[i] = i
	}
	return apply(spec{
		kind: "total", in: losses, dtype: TypeOf(losses[0]), diff: diff,
		run: func(e kernel.Engine, y kernel.Tensor, in []kernel.Tensor) {
			e.WeightedSum(y, in, weights)
		},
		grad: func(y, dy *G.Node) []*G.Node {
			grads := make([]*G.Node, len(losses))
			for i, w := range weights {
				grads[i] = Scale(dy, w)
			}
			return grads
		},
	})
}

// scalarLoss applies s, a loss: its value is one number, and only its first operand, x, has a
// gradient. back describes the operation that computes the gradient.
func scalarLoss(s spec, x *G.Node, back func(y, dy *G.Node) spec) *G.Node {
	s.dtype, s.diff = TypeOf(x), []int{0}
	s.grad = func(y, dy *G.Node) []*G.Node {
		b := back(y, dy)
		b.kind, b.ofNode, b.dtype, b.shape = s.kind+".dx", y, TypeOf(x), shapeOf(x)
		return []*G.Node{apply(b)}
	}
	return apply(s)
}
