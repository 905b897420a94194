package xla

import (
	"math"

	"cmae/internal/kernel"
)

// AdamW schedules: the gradient's factor, the two of the quotient, the weights' factor, and the
// average's.
func (e *Engine) AdamW(p, g, m, v tensor, h kernel.AdamW) {
	step := float64(h.Step)
	e.schedule(
		h.GradScale, h.LR/(1-math.Pow(h.Beta1, step)), 1/math.Sqrt(1-math.Pow(h.Beta2, step)),
		1-h.LR*h.WeightDecay,
	)
	e.scheduleAverage(h.FusedOutputs, h.EMADecay)
	e.call((*builder).adamW, p, g, m, v, h.Beta1, h.Beta2, h.Eps, h.FusedOutputs)
}

func (b *builder) adamW(
	p, g, m, v tensor, beta1, beta2, eps float64, c kernel.FusedOutputs,
) {
	d := b.by(b.in(g))
	first := b.add(b.times(b.in(m), beta1), b.times(d, 1-beta1))
	second := b.add(b.times(b.in(v), beta2), b.times(b.square(d), 1-beta2))
	up := b.by(first)
	down := b.plus(b.by(b.one("sqrt", second)), eps)
	w := b.sub(b.by(b.in(p)), b.div(up, down))
	b.put(m, first)
	b.put(v, second)
	b.update(p, w, c)
}

// SGD schedules the gradient's factor, the rate, and the average's.
func (e *Engine) SGD(p, g, v tensor, h kernel.SGD) {
	e.schedule(h.GradScale, h.LR)
	e.scheduleAverage(h.FusedOutputs, h.EMADecay)
	e.call((*builder).sgd, p, g, v, h.Momentum, h.WeightDecay, h.FusedOutputs)
}

func (b *builder) sgd(p, g, v tensor, momentum, decay float64, c kernel.FusedOutputs) {
	w := b.in(p)
	d := b.add(b.by(b.in(g)), b.times(w, decay))
	velocity := b.add(b.times(b.in(v), momentum), d)
	b.put(v, velocity)
	b.update(p, b.sub(w, b.by(velocity)), c)
}

func (e *Engine) scheduleAverage(c kernel.FusedOutputs, keep float64) {
	if !c.EMA.Absent() {
		e.schedule(keep, 1-keep)
	}
}

// update writes a parameter and its fusedOutputs.
func (b *builder) update(p tensor, w value, c kernel.FusedOutputs) {
	b.put(p, w)
	if !c.Copy.Absent() {
		b.put(c.Copy, w)
	}
	if c.EMA.Absent() {
		return
	}
	average := b.average(c.EMA, w)
	b.put(c.EMA, average)
	if !c.EMACopy.Absent() {
		b.put(c.EMACopy, average)
	}
}

// EMA schedules both factors.
func (e *Engine) EMA(ema, p tensor, decay float64) {
	e.schedule(decay, 1-decay)
	e.call((*builder).ema, ema, p)
}

func (b *builder) ema(ema, p tensor) {
	b.put(ema, b.average(ema, b.in(p.View(ema.Shape...))))
}

func (b *builder) norm(norm tensor, ts []tensor) {
	sum := b.constant(0, kernel.F64)
	for _, t := range ts {
		sum = b.add(sum, b.total(b.square(b.convert(b.get(t), kernel.F64))))
	}
	b.put(norm.View(), b.one("sqrt", sum))
}
