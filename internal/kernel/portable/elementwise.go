package portable

import (
	"math"

	"cmae/internal/kernel"
)

// ReLU: y = max(x,0).
func (m *arithmetic[T]) ReLU(y, x kernel.Tensor) {
	f := m.open()
	defer f.close()
	ys, xs := f.out(y), f.in(x)
	m.each(len(ys), elementGrain, func(lo, hi int) { relu(ys[lo:hi], xs[lo:hi]) })
}

// ReLUGrad: dx = dy where y > 0.
func (m *arithmetic[T]) ReLUGrad(dx, y, dy kernel.Tensor) {
	f := m.open()
	defer f.close()
	dxs, ys, dys := f.out(dx), f.in(y), f.in(dy)
	m.each(len(ys), elementGrain, func(lo, hi int) { reluGrad(dxs[lo:hi], ys[lo:hi], dys[lo:hi]) })
}

// Add: c = a + b.
func (m *arithmetic[T]) Add(c, a, b kernel.Tensor) {
	f := m.open()
	defer f.close()
	cs, as, bs := f.out(c), f.in(a), f.in(b)
	m.each(len(cs), elementGrain, func(lo, hi int) { add(cs[lo:hi], as[lo:hi], bs[lo:hi]) })
}

// Mul: c = a b.
func (m *arithmetic[T]) Mul(c, a, b kernel.Tensor) {
	f := m.open()
	defer f.close()
	cs, as, bs := f.out(c), f.in(a), f.in(b)
	m.each(len(cs), elementGrain, func(lo, hi int) { mul(cs[lo:hi], as[lo:hi], bs[lo:hi]) })
}

// Pow: y = x^p.
func (m *arithmetic[T]) Pow(y, x kernel.Tensor, p float64) {
	f := m.open()
	defer f.close()
	ys, xs := f.out(y), f.in(x)
	m.each(len(ys), elementGrain, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			ys[i] = T(math.Pow(float64(xs[i]), p))
		}
	})
}

// Scale: y = alpha x.
func (m *arithmetic[T]) Scale(y, x kernel.Tensor, alpha float64) {
	f := m.open()
	defer f.close()
	ys, xs := f.out(y), f.in(x)
	m.each(len(ys), elementGrain, func(lo, hi int) { scale(ys[lo:hi], xs[lo:hi], T(alpha)) })
}

// ScaleRows: y[B,...] = x[B,...] s[B].
func (m *arithmetic[T]) ScaleRows(y, x, s kernel.Tensor) {
	f := m.open()
	defer f.close()
	ys, xs, ss := f.out(y), f.in(x), f.in(s)
	each := len(ys) / len(ss)
	m.rows(len(ss), each, func(lo, hi int) {
		for b := lo; b < hi; b++ {
			scale(ys[b*each:(b+1)*each], xs[b*each:(b+1)*each], ss[b])
		}
	})
}

func relu[T float](y, x []T) {
	if from, ok := any(x).([]float32); ok {
		vector.relu(any(y).([]float32), from)
		return
	}
	reluLoop(y, x)
}

func reluLoop[T float](y, x []T) {
	for i, v := range x {
		if v < 0 {
			v = 0
		}
		y[i] = v
	}
}

func reluGrad[T float](dx, y, dy []T) {
	if from, ok := any(y).([]float32); ok {
		vector.reluGrad(any(dx).([]float32), from, any(dy).([]float32))
		return
	}
	reluGradLoop(dx, y, dy)
}

func reluGradLoop[T float](dx, y, dy []T) {
	for i, v := range y {
		if v > 0 {
			dx[i] = dy[i]
		} else {
			dx[i] = 0
		}
	}
}

// add: c = a + b; any two may be one slice.
func add[T float](c, a, b []T) {
	if from, ok := any(a).([]float32); ok {
		vector.add(any(c).([]float32), from, any(b).([]float32))
		return
	}
	addLoop(c, a, b)
}

func addLoop[T float](c, a, b []T) {
	c, b = c[:len(a)], b[:len(a)]
	for i, v := range a {
		c[i] = v + b[i]
	}
}

// mul: c = a b; any two may be one slice.
func mul[T float](c, a, b []T) {
	c, b = c[:len(a)], b[:len(a)]
	for i, v := range a {
		c[i] = v * b[i]
	}
}

// accumulate: c = c + a.
func accumulate[T float](c, a []T) { add(c, c, a) }

// scale: y = alpha x; y may be x.
func scale[T float](y, x []T, alpha T) {
	for i, v := range x {
		y[i] = alpha * v
	}
}
