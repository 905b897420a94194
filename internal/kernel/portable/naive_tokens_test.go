package portable

import "cmae/internal/kernel"

// at is element (b,t,j) of a tensor [B,T,D].
func at(x kernel.Tensor, b, t, j int) *float64 {
	return &f64(x)[(b*x.Shape[1]+t)*x.Shape[2]+j]
}

// overAll calls body for every element of x[B,T,D].
func overAll(x kernel.Tensor, body func(v *float64, b, t, j int)) {
	for b := range x.Shape[0] {
		for t := range x.Shape[1] {
			for j := range x.Shape[2] {
				body(at(x, b, t, j), b, t, j)
			}
		}
	}
}

func index(ids kernel.Tensor, b, i int) int {
	return int(kernel.Slice[int32](ids)[b*ids.Shape[1]+i])
}

func table(t kernel.Tensor, i, j int) float64 { return f64(t)[i*t.Cols()+j] }

// patchElement finds pixel (b,c,y,x) in the patches.
func patchElement(images, patches kernel.Tensor, b, c, y, x, p int, channelsLast bool) *float64 {
	n := y/p*(images.Shape[3]/p) + x/p
	if channelsLast {
		return at(patches, b, n, (y%p*p+x%p)*images.Shape[1]+c)
	}
	return at(patches, b, n, (c*p+y%p)*p+x%p)
}

func overPixels(images kernel.Tensor, body func(v *float64, b, c, y, x int)) {
	s := images.Shape
	for i := range f64(images) {
		body(&f64(images)[i], i/(s[1]*s[2]*s[3]), i/(s[2]*s[3])%s[1], i/s[3]%s[2], i%s[3])
	}
}

func (naive) Patchify(patches, images kernel.Tensor, p int, last bool) {
	overPixels(
		images,
		func(v *float64, b, c, y, x int) {
			*patchElement(images, patches, b, c, y, x, p, last) = *v
		},
	)
}

func (naive) GatherTokens(y, cls, x, pos, ids, keep kernel.Tensor) {
	overAll(y, func(v *float64, b, t, j int) {
		if t == 0 {
			*v = f64(cls)[j] + table(pos, 0, j)
			return
		}
		id, kept := index(ids, b, t-1), 1.0
		if !keep.Absent() {
			kept = table(keep, b, t-1)
		}
		*v = *at(x, b, id, j) + kept*table(pos, 1+id, j)
	})
}

func (naive) GatherTokensGrad(dcls, dx, dy, ids kernel.Tensor) {
	clear(f64(dcls))
	clear(f64(dx))
	overAll(dy, func(v *float64, b, t, j int) {
		if t == 0 {
			f64(dcls)[j] += *v
		} else if !dx.Absent() {
			*at(dx, b, index(ids, b, t-1), j) += *v
		}
	})
}

func (naive) GatherTokensGradPos(dpos, dy, ids, keep kernel.Tensor) {
	d := dy.Shape[2]
	clear(f64(dpos))
	overAll(dy, func(v *float64, b, t, j int) {
		switch {
		case t == 0:
			f64(dpos)[j] += *v
		case keep.Absent():
			f64(dpos)[(1+index(ids, b, t-1))*d+j] += *v
		default:
			f64(dpos)[(1+index(ids, b, t-1))*d+j] += table(keep, b, t-1) * *v
		}
	})
}

func (naive) RestoreTokens(y, x, mask, pos, restore kernel.Tensor) {
	overAll(y, func(v *float64, b, t, j int) {
		*v = table(pos, t, j)
		switch {
		case t == 0:
			*v += *at(x, b, 0, j)
		case index(restore, b, t-1) < x.Shape[1]-1:
			*v += *at(x, b, 1+index(restore, b, t-1), j)
		default:
			*v += f64(mask)[j]
		}
	})
}

func (naive) RestoreTokensGrad(dx, dmask, dy, restore kernel.Tensor) {
	clear(f64(dx))
	clear(f64(dmask))
	overAll(dy, func(v *float64, b, t, j int) {
		switch {
		case t == 0:
			*at(dx, b, 0, j) += *v
		case index(restore, b, t-1) < dx.Shape[1]-1:
			*at(dx, b, 1+index(restore, b, t-1), j) += *v
		default:
			f64(dmask)[j] += *v
		}
	})
}

func (naive) MergeTokens(y, a, m, restore kernel.Tensor) {
	overAll(y, func(v *float64, b, t, j int) {
		if r := index(restore, b, t); 1+r < a.Shape[1] {
			*v = *at(a, b, 1+r, j)
		} else {
			*v = *at(m, b, 2+r-a.Shape[1], j)
		}
	})
}

func (naive) MergeTokensGrad(da, dy, restore kernel.Tensor) {
	clear(f64(da))
	overAll(dy, func(v *float64, b, t, j int) {
		if r := index(restore, b, t); 1+r < da.Shape[1] {
			*at(da, b, 1+r, j) += *v
		}
	})
}

func (naive) PoolTokens(y, x kernel.Tensor, from, to int) {
	clear(f64(y))
	overAll(x, func(v *float64, b, t, j int) {
		if t >= from && t < to {
			f64(y)[b*y.Cols()+j] += *v / float64(to-from)
		}
	})
}

func (naive) PoolTokensGrad(dx, dy kernel.Tensor, from, to int) {
	overAll(dx, func(v *float64, b, t, j int) {
		*v = 0
		if t >= from && t < to {
			*v = table(dy, b, j) / float64(to-from)
		}
	})
}

func (naive) SliceTokens(y, x kernel.Tensor, from, to int) {
	overAll(y, func(v *float64, b, t, j int) { *v = *at(x, b, from+t, j) })
}

func (naive) PadTokens(dx, dy kernel.Tensor, from int) {
	clear(f64(dx))
	overAll(dy, func(v *float64, b, t, j int) { *at(dx, b, from+t, j) = *v })
}

func (naive) ConcatTokens(y, a, c kernel.Tensor) {
	overAll(a, func(v *float64, b, t, j int) { *at(y, b, t, j) = *v })
	overAll(c, func(v *float64, b, t, j int) { *at(y, b, a.Shape[1]+t, j) = *v })
}

func (naive) Transpose(y, x kernel.Tensor) {
	overAll(y, func(v *float64, b, t, j int) { *v = *at(x, b, j, t) })
}
