package losses

import (
	G "gorgonia.org/gorgonia"

	"cmae/internal/graph/op"
)

// LocationL2 is L_loc in the paper's form: the squared error of out[B,V,L] against the one-hot
// target[B,V,L], summed over the L slots (or, with mean, averaged) and averaged over visible tokens
// and batch (spec 1.8):
//
//	L_loc = 1/(B V) sum_{b,v} |out[b,v] - target[b,v]|^2
func LocationL2(out, target *G.Node, mean bool) *G.Node {
	b, v, l := out.Shape()[0], out.Shape()[1], out.Shape()[2]
	scale := 1 / float64(b*v)
	if mean {
		scale /= float64(l)
	}
	return op.SquaredError(out, target, scale)
}

// LocationCE is the cross-entropy of out[B,V,L] against target[B,V,L], with a softmax over each of
// parts equal parts of the L slots: 1 part for an index, 2 for row and column. It sums over parts
// and averages over visible tokens and batch.
func LocationCE(out, target *G.Node, parts int) *G.Node {
	rows, slots := out.Shape()[0]*out.Shape()[1]*parts, out.Shape()[2]/parts
	mean := op.SoftCrossEntropy(op.Reshape(out, rows, slots), op.Reshape(target, rows, slots))
	return op.Scale(mean, float64(parts))
}
