package portable

import (
	"math"

	"cmae/internal/kernel"
)

func (naive) MaskedMSE(loss, pred, target, hidden kernel.Tensor) {
	var total, count float64
	overAll(pred, func(v *float64, b, t, j int) {
		d := *v - *at(target, b, t, j)
		total += table(hidden, b, t) * d * d / float64(pred.Cols())
	})
	for _, h := range f64(hidden) {
		count += h
	}
	f64(loss)[0] = total / count
}

func (naive) MaskedMSEGrad(dpred, pred, target, hidden, dloss kernel.Tensor) {
	var count float64
	for _, h := range f64(hidden) {
		count += h
	}
	overAll(dpred, func(v *float64, b, t, j int) {
		d := *at(pred, b, t, j) - *at(target, b, t, j)
		*v = f64(dloss)[0] * table(hidden, b, t) * 2 * d / float64(pred.Cols()) / count
	})
}

func (naive) SquaredError(loss, x, target kernel.Tensor, scale float64) {
	f64(loss)[0] = 0
	for i, v := range f64(x) {
		f64(loss)[0] += scale * (v - f64(target)[i]) * (v - f64(target)[i])
	}
}

func (naive) SquaredErrorGrad(dx, x, target, dloss kernel.Tensor, scale float64) {
	for i, v := range f64(x) {
		f64(dx)[i] = f64(dloss)[0] * scale * 2 * (v - f64(target)[i])
	}
}

func (naive) SoftCrossEntropy(loss, probs, logits, target kernel.Tensor) {
	c := logits.Cols()
	f64(loss)[0] = 0
	for r := range logits.Rows() {
		var total float64
		for j := range c {
			total += math.Exp(table(logits, r, j))
		}
		for j := range c {
			p := math.Exp(table(logits, r, j)) / total
			f64(probs)[r*c+j] = p
			f64(loss)[0] -= table(target, r, j) * math.Log(p) / float64(logits.Rows())
		}
	}
}

func (naive) SoftCrossEntropyGrad(dlogits, probs, target, dloss kernel.Tensor) {
	c := probs.Cols()
	for r := range probs.Rows() {
		for j := range c {
			var s float64
			for k := range c {
				d := -table(probs, r, j)
				if j == k {
					d++
				}
				s -= table(target, r, k) * d
			}
			f64(dlogits)[r*c+j] = f64(dloss)[0] * s / float64(probs.Rows())
		}
	}
}

func (naive) InfoNCE(loss, probs, zq, zk, queue kernel.Tensor, first int, tau float64) {
	f64(loss)[0] = 0
	for b := range zq.Rows() {
		keys := naiveKeys(zk, queue, b)
		e, total := make([]float64, len(keys)), 0.0
		for i, key := range keys {
			var s float64
			for j, v := range key {
				s += table(zq, b, j) * v
			}
			e[i] = math.Exp(s / tau)
			total += e[i]
		}
		own := first + b
		if !queue.Absent() {
			own = 0
		}
		for i := range e {
			f64(probs)[b*len(keys)+i] = e[i] / total
		}
		f64(loss)[0] -= math.Log(e[own]/total) / float64(zq.Rows())
	}
}

func (naive) InfoNCEGrad(dzq, probs, zk, queue, dloss kernel.Tensor, first int, tau float64) {
	for b := range dzq.Rows() {
		for j := range zk.Cols() {
			s := -table(zk, first+b, j)
			for i, key := range naiveKeys(zk, queue, b) {
				s += table(probs, b, i) * key[j]
			}
			f64(dzq)[b*zk.Cols()+j] = f64(dloss)[0] * s / tau / float64(dzq.Rows())
		}
	}
}

// naiveKeys is what image b is compared with, in the order of its probabilities.
func naiveKeys(zk, queue kernel.Tensor, b int) [][]float64 {
	c := zk.Cols()
	var keys [][]float64
	if queue.Absent() {
		for i := range zk.Rows() {
			keys = append(keys, f64(zk)[i*c:(i+1)*c])
		}
		return keys
	}
	keys = append(keys, f64(zk)[b*c:(b+1)*c])
	for i := range queue.Rows() {
		keys = append(keys, f64(queue)[i*c:(i+1)*c])
	}
	return keys
}

func (naive) WeightedSum(total kernel.Tensor, losses []kernel.Tensor, weights []float64) {
	f64(total)[0] = 0
	for i, l := range losses {
		f64(total)[0] += weights[i] * f64(l)[0]
	}
}

func (n naive) AdamW(p, g, m, v kernel.Tensor, h kernel.AdamW) {
	for i := range f64(p) {
		d := f64(g)[i] * h.GradScale
		f64(p)[i] *= 1 - h.LR*h.WeightDecay
		f64(m)[i] = h.Beta1*f64(m)[i] + (1-h.Beta1)*d
		f64(v)[i] = h.Beta2*f64(v)[i] + (1-h.Beta2)*d*d
		mean := f64(m)[i] / (1 - math.Pow(h.Beta1, float64(h.Step)))
		variance := f64(v)[i] / (1 - math.Pow(h.Beta2, float64(h.Step)))
		f64(p)[i] -= h.LR * mean / (math.Sqrt(variance) + h.Eps)
	}
	n.follow(p, h.FusedOutputs, h.EMADecay)
}

func (n naive) SGD(p, g, v kernel.Tensor, h kernel.SGD) {
	for i := range f64(p) {
		d := h.GradScale*f64(g)[i] + h.WeightDecay*f64(p)[i]
		f64(v)[i] = h.Momentum*f64(v)[i] + d
		f64(p)[i] -= h.LR * f64(v)[i]
	}
	n.follow(p, h.FusedOutputs, h.EMADecay)
}

func (n naive) follow(p kernel.Tensor, c kernel.FusedOutputs, keep float64) {
	if c.EMA.Absent() {
		return
	}
	n.EMA(c.EMA, p, keep)
	n.Cast(c.Copy, p)
	n.Cast(c.EMACopy, c.EMA)
}

func (naive) EMA(target, online kernel.Tensor, m float64) {
	for i := range f64(target) {
		f64(target)[i] = m*f64(target)[i] + (1-m)*f64(online)[i]
	}
}

func (naive) Norm(norm kernel.Tensor, ts []kernel.Tensor) {
	var s float64
	for _, t := range ts {
		for _, v := range f64(t) {
			s += v * v
		}
	}
	f64(norm)[0] = math.Sqrt(s)
}
