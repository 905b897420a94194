package bench

import (
	"cmae/internal/graph"
	"cmae/internal/graph/op"
	"cmae/internal/kernel"
)

// product is a matrix product c[m,n] = op(a) op(b) over k, with the element types that the step
// uses. Parameters of its kind:
//
//	linear      a[m,k] b[n,k]^T     attention scores, and dP = dO V^T
//	linear.dx   a[m,k] b[k,n]       attention's P V, and dV, dQ, dK
//	linear.dw   a[k,m]^T b[k,n]
type product struct {
	kind    string
	m, n, k int
	in, out kernel.DType
}

func (p product) flop() float64 { return 2 * float64(p.m) * float64(p.n) * float64(p.k) }

// productsOf lists the products that the operations of a graph contain: those of linear layers, of
// attention, of convolutions and of their gradients. Other operations (norms, losses, the few
// logits of InfoNCE) have none here, so that the floor errs to the low side. A convolution counts
// as the product of its windows, a row each, with its filters: as many multiplications, though over
// windows written out, which no engine reads in full; an engine with a convolution of fewer
// multiplications could fall below that floor.
func productsOf(m *graph.Machine) []product {
	var list []product
	m.Each(func(o *op.Op, out kernel.Tensor, in []kernel.Tensor) {
		if o == nil {
			return
		}
		switch o.Kind() {
		case "linear", "linear.dx":
			n := in[1].Shape[0]
			p := product{
				kind: o.Kind(), m: in[0].Rows(), n: n, k: in[1].Len() / n, in: in[1].Type,
				out: out.Type,
			}
			if p.kind == "linear.dx" {
				p.n, p.k = p.k, p.n
			}
			list = append(list, p)
		case "conv", "conv.dx":
			y, filters := out, in[1].Shape[0]
			if o.Kind() == "conv.dx" {
				y = in[0]
			}
			p := product{
				kind: "linear", m: y.Rows(), n: filters, k: in[1].Len() / filters, in: in[1].Type,
				out: out.Type,
			}
			if o.Kind() == "conv.dx" {
				p.kind, p.n, p.k = "linear.dx", p.k, p.n
			}
			list = append(list, p.pieces(&p.m)...)
		case "linear.dw", "conv.dw":
			n := out.Shape[0]
			p := product{
				kind: "linear.dw", m: n, n: out.Len() / n, k: in[0].Rows(), in: in[0].Type,
				out: out.Type,
			}
			if o.Kind() == "linear.dw" {
				list = append(list, p)
			} else {
				list = append(list, p.pieces(&p.k)...)
			}
		case "attention":
			scores, mix := attentionProducts(o.Saves()[0].Shape, in[0])
			list = append(list, scores, mix)
		case "attention.dx":
			scores, mix := attentionProducts(o.Uses()[0].Shape, in[0])
			list = append(list, scores, mix, mix, mix)
		}
	})
	return list
}

// pieceBytes bounds the operands of a convolution's product: the windows of a whole batch, written
// out, may not fit in memory.
const pieceBytes = 1 << 26

// pieces cuts p along rows, its own m or k, into products that fit pieceBytes.
func (p *product) pieces(rows *int) (list []product) {
	count := (p.inBytes() + pieceBytes - 1) / pieceBytes
	all := *rows
	for i := range count {
		*rows = all*(i+1)/count - all*i/count
		list = append(list, *p)
	}
	return list
}

// attentionProducts are one product with a head's [T,d]^T and one with a head's [T,d], for all
// heads of all images stacked: as many multiplications as the engine's B*H small ones, and less
// memory to read.
func attentionProducts(probs []int, qkv kernel.Tensor) (scores, mix product) {
	rows, t, d := probs[0]*probs[1]*probs[2], probs[3], qkv.Cols()/3/probs[1]
	scores = product{kind: "linear", m: rows, n: t, k: d, in: qkv.Type, out: kernel.F32}
	mix = product{kind: "linear.dx", m: rows, n: d, k: t, in: qkv.Type, out: qkv.Type}
	return scores, mix
}
