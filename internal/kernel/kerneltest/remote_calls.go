package kerneltest

import "cmae/internal/kernel"

// list is the operands or the results of a call.
type list []kernel.Tensor

// call queues an operation, which gets its results as memory that holds anything.
func (d *Remote) call(results, operands list, compute func(r, o list)) {
	d.queued(results, operands, compute, false)
}

// change queues an operation that reads its results too.
func (d *Remote) change(results, operands list, compute func(r, o list)) {
	d.queued(results, operands, compute, true)
}

func (d *Remote) queued(results, operands list, compute func(r, o list), reads bool) {
	results, operands = results.clone(), operands.clone()
	d.later(func() {
		r, o := make(list, len(results)), make(list, len(operands))
		var mine list
		for i, t := range operands {
			if t.Absent() {
				continue
			}
			var copied bool
			if o[i], copied = d.read(t); copied {
				mine = append(mine, o[i])
			}
		}
		for i, t := range results {
			if t.Absent() {
				continue
			}
			r[i] = d.host.New(t.Type, t.Shape...)
			if reads {
				old, copied := d.read(t)
				d.host.Copy(r[i], old)
				if copied {
					mine = append(mine, old)
				}
			}
		}
		compute(r, o)
		for _, t := range mine {
			d.host.Free(t)
		}
		for i, t := range results {
			if !t.Absent() {
				d.write(span{address(t), t.Bytes(), r[i]})
			}
		}
	})
}

// clone keeps the shapes too, which belong to the caller.
func (l list) clone() list {
	c := make(list, len(l))
	for i, t := range l {
		c[i] = t
		c[i].Shape = append([]int(nil), t.Shape...)
	}
	return c
}

// The methods are those of kernel.Core.

func (d *Remote) Zero(t kernel.Tensor) {
	d.call(list{t}, nil, func(r, _ list) { d.host.Zero(r[0]) })
}

func (d *Remote) Copy(dst, src kernel.Tensor) {
	d.call(list{dst}, list{src}, func(r, o list) { d.host.Copy(r[0], o[0]) })
}

func (d *Remote) Cast(dst, src kernel.Tensor) {
	d.call(list{dst}, list{src}, func(r, o list) { d.host.Cast(r[0], o[0]) })
}

func (d *Remote) Linear(y, x, w kernel.Tensor, e kernel.Epilogue) {
	d.call(list{y, e.Pre}, list{x, w, e.Bias, e.Residual}, func(r, o list) {
		d.host.Linear(r[0], o[0], o[1], kernel.Epilogue{
			Bias: o[2], Pre: r[1], GELU: e.GELU, Residual: o[3],
		})
	})
}

func (d *Remote) LinearGradInput(dx, dy, w kernel.Tensor) {
	d.call(list{dx}, list{dy, w}, func(r, o list) { d.host.LinearGradInput(r[0], o[0], o[1]) })
}

func (d *Remote) LinearGradWeight(dw, db, dy, x kernel.Tensor) {
	d.call(list{dw, db}, list{dy, x}, func(r, o list) {
		d.host.LinearGradWeight(r[0], r[1], o[0], o[1])
	})
}

func (d *Remote) Attention(out, probs, qkv kernel.Tensor, heads int) {
	d.call(list{out, probs}, list{qkv}, func(r, o list) {
		d.host.Attention(r[0], r[1], o[0], heads)
	})
}

func (d *Remote) AttentionGrad(dqkv, qkv, probs, dout kernel.Tensor, heads int) {
	d.call(list{dqkv}, list{qkv, probs, dout}, func(r, o list) {
		d.host.AttentionGrad(r[0], o[0], o[1], o[2], heads)
	})
}

func (d *Remote) LayerNorm(y, mean, rstd, x, gamma, beta kernel.Tensor, eps float64) {
	d.call(list{y, mean, rstd}, list{x, gamma, beta}, func(r, o list) {
		d.host.LayerNorm(r[0], r[1], r[2], o[0], o[1], o[2], eps)
	})
}

func (d *Remote) LayerNormGrad(dx, dgamma, dbeta, x, gamma, mean, rstd, dy kernel.Tensor) {
	d.call(list{dx, dgamma, dbeta}, list{x, gamma, mean, rstd, dy}, func(r, o list) {
		d.host.LayerNormGrad(r[0], r[1], r[2], o[0], o[1], o[2], o[3], o[4])
	})
}

func (d *Remote) Add(c, a, b kernel.Tensor) {
	d.call(list{c}, list{a, b}, func(r, o list) { d.host.Add(r[0], o[0], o[1]) })
}

func (d *Remote) Mul(c, a, b kernel.Tensor) {
	d.call(list{c}, list{a, b}, func(r, o list) { d.host.Mul(r[0], o[0], o[1]) })
}

func (d *Remote) Scale(y, x kernel.Tensor, alpha float64) {
	d.call(list{y}, list{x}, func(r, o list) { d.host.Scale(r[0], o[0], alpha) })
}

func (d *Remote) Pow(y, x kernel.Tensor, p float64) {
	d.call(list{y}, list{x}, func(r, o list) { d.host.Pow(r[0], o[0], p) })
}

func (d *Remote) GELU(y, x kernel.Tensor) {
	d.call(list{y}, list{x}, func(r, o list) { d.host.GELU(r[0], o[0]) })
}

func (d *Remote) GELUGrad(dx, x, dy kernel.Tensor) {
	d.call(list{dx}, list{x, dy}, func(r, o list) { d.host.GELUGrad(r[0], o[0], o[1]) })
}

func (d *Remote) ReLU(y, x kernel.Tensor) {
	d.call(list{y}, list{x}, func(r, o list) { d.host.ReLU(r[0], o[0]) })
}

func (d *Remote) ReLUGrad(dx, y, dy kernel.Tensor) {
	d.call(list{dx}, list{y, dy}, func(r, o list) { d.host.ReLUGrad(r[0], o[0], o[1]) })
}

func (d *Remote) GatherRows(y, x, ids kernel.Tensor) {
	d.call(list{y}, list{x, ids}, func(r, o list) { d.host.GatherRows(r[0], o[0], o[1]) })
}

func (d *Remote) ScatterRows(dx, dy, ids kernel.Tensor) {
	d.call(list{dx}, list{dy, ids}, func(r, o list) { d.host.ScatterRows(r[0], o[0], o[1]) })
}

func (d *Remote) Softmax(y, logSum, x kernel.Tensor) {
	d.call(list{y, logSum}, list{x}, func(r, o list) { d.host.Softmax(r[0], r[1], o[0]) })
}

func (d *Remote) AdamW(p, g, m, v kernel.Tensor, h kernel.AdamW) {
	d.change(append(list{p, m, v}, parts(h.FusedOutputs)...), list{g}, func(r, o list) {
		h.FusedOutputs = fusedOutputs(r[3:])
		d.host.AdamW(r[0], o[0], r[1], r[2], h)
	})
}

func (d *Remote) SGD(p, g, v kernel.Tensor, h kernel.SGD) {
	d.change(append(list{p, v}, parts(h.FusedOutputs)...), list{g}, func(r, o list) {
		h.FusedOutputs = fusedOutputs(r[2:])
		d.host.SGD(r[0], o[0], r[1], h)
	})
}

func parts(c kernel.FusedOutputs) list { return list{c.EMA, c.Copy, c.EMACopy} }

func fusedOutputs(l list) kernel.FusedOutputs {
	return kernel.FusedOutputs{EMA: l[0], Copy: l[1], EMACopy: l[2]}
}

func (d *Remote) EMA(ema, p kernel.Tensor, decay float64) {
	d.change(list{ema}, list{p}, func(r, o list) { d.host.EMA(r[0], o[0], decay) })
}

func (d *Remote) Norm(norm kernel.Tensor, ts []kernel.Tensor) {
	d.call(list{norm}, ts, func(r, o list) { d.host.Norm(r[0], o) })
}
