package losses

import (
	G "gorgonia.org/gorgonia"

	"cmae/internal/graph/op"
)

// NormPixEps keeps the normalisation of a constant patch finite (spec 1.9).
const NormPixEps = 1e-6

// Reconstruction is L_con: the squared error of each hidden patch, averaged over its P pixel
// values, then over the hidden patches of the batch:
//
//	L_con = 1/|hidden| sum_{(b,n) hidden} 1/P |pred[b,n] - target[b,n]|^2
//
// pred is [B,N,P] in order row, column, channel; images [B,C,S,S]; hidden[B,N] is 1 where the patch
// was masked. With normPix each target patch is brought to zero mean and unit unbiased variance.
func Reconstruction(pred, images, hidden *G.Node, patch int, normPix bool) *G.Node {
	target := op.Patchify(images, patch, true) // [B,N,P]
	if normPix {
		target = op.Standardize(target, NormPixEps)
	}
	return op.MaskedMSE(pred, target, hidden)
}
