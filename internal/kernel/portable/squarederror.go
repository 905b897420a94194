package portable

import "cmae/internal/kernel"

// MaskedMSE: mean over P of (pred-target)^2, then mean over the patches whose hidden is 1.
func (m *arithmetic[T]) MaskedMSE(loss, pred, target, hidden kernel.Tensor) {
	f := m.open()
	defer f.close()
	out, ps, ts, hs := f.out(loss), f.in(pred), f.in(target), f.in(hidden)
	p := pred.Cols()
	grain := rowGrain(p)
	parts := f.sums(pieces(len(hs), grain))
	m.each(len(hs), grain, func(lo, hi int) {
		for r := lo; r < hi; r++ {
			if hs[r] != 0 {
				parts[lo/grain] += float64(hs[r]) * distance(ps[r*p:(r+1)*p], ts[r*p:(r+1)*p])
			}
		}
	})
	out[0] = T(sum(parts) / float64(p) / sum(hs))
}

// MaskedMSEGrad writes dpred, zero at visible patches.
func (m *arithmetic[T]) MaskedMSEGrad(dpred, pred, target, hidden, dloss kernel.Tensor) {
	f := m.open()
	defer f.close()
	dps, ps, ts, hs := f.out(dpred), f.in(pred), f.in(target), f.in(hidden)
	p := pred.Cols()
	factor := 2 * float64(f.in(dloss)[0]) / float64(p) / sum(hs)
	m.rows(len(hs), p, func(lo, hi int) {
		for r := lo; r < hi; r++ {
			distanceGrad(dps[r*p:(r+1)*p], ps[r*p:(r+1)*p], ts[r*p:(r+1)*p], T(factor)*hs[r])
		}
	})
}

// SquaredError: scale * sum of (x-target)^2.
func (m *arithmetic[T]) SquaredError(loss, x, target kernel.Tensor, scale float64) {
	f := m.open()
	defer f.close()
	out, xs, ts := f.out(loss), f.in(x), f.in(target)
	parts := f.sums(pieces(len(xs), elementGrain))
	m.each(
		len(xs), elementGrain,
		func(lo, hi int) { parts[lo/elementGrain] = distance(xs[lo:hi], ts[lo:hi]) },
	)
	out[0] = T(scale * sum(parts))
}

// SquaredErrorGrad: dx = 2 scale dloss (x-target).
func (m *arithmetic[T]) SquaredErrorGrad(dx, x, target, dloss kernel.Tensor, scale float64) {
	f := m.open()
	defer f.close()
	dxs, xs, ts := f.out(dx), f.in(x), f.in(target)
	factor := T(2 * scale * float64(f.in(dloss)[0]))
	m.each(
		len(xs), elementGrain,
		func(lo, hi int) { distanceGrad(dxs[lo:hi], xs[lo:hi], ts[lo:hi], factor) },
	)
}

// distance is the sum of (x-target)^2.
func distance[T float](x, target []T) float64 {
	var s float64
	for i, v := range x {
		d := float64(v) - float64(target[i])
		s += d * d
	}
	return s
}

// distanceGrad: dx = factor (x-target).
func distanceGrad[T float](dx, x, target []T, factor T) {
	for i, v := range x {
		dx[i] = factor * (v - target[i])
	}
}
