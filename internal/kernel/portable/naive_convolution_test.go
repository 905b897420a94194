package portable

import (
	"math"

	"cmae/internal/kernel"
)

// overWindows calls body for every place of the result and every element of the kernel that lies on
// the image there: i is the pixel of the result, p that of the image, counted over the batch.
func overWindows(images int, g kernel.Window, body func(i, p, tap int)) {
	down, across := g.Out()
	for i := range images * down * across {
		image, oy, ox := i/(down*across), i/across%down, i%across
		for tap := range g.Side * g.Side {
			y, x := oy*g.Stride-g.Pad+tap/g.Side, ox*g.Stride-g.Pad+tap%g.Side
			if y >= 0 && y < g.H && x >= 0 && x < g.W {
				body(i, (image*g.H+y)*g.W+x, tap)
			}
		}
	}
}

// overProducts calls body for every product of a convolution, with the places of its three numbers.
func overProducts(x, w kernel.Tensor, g kernel.Window, body func(y, x, w int)) {
	out, depth, taps, in := w.Shape[0], w.Shape[1], g.Side*g.Side, x.Cols()
	overWindows(x.Shape[0], g, func(i, p, tap int) {
		for o := range out {
			for c := range depth {
				channel := o*in/out/depth*depth + c
				body(i*out+o, p*in+channel, (o*depth+c)*taps+tap)
			}
		}
	})
}

func (naive) Conv2D(y, x, w, bias kernel.Tensor, g kernel.Window) {
	for i := range f64(y) {
		f64(y)[i] = 0
		if !bias.Absent() {
			f64(y)[i] = f64(bias)[i%y.Cols()]
		}
	}
	overProducts(x, w, g, func(i, j, k int) { f64(y)[i] += f64(x)[j] * f64(w)[k] })
}

func (naive) Conv2DGradInput(dx, dy, w kernel.Tensor, g kernel.Window) {
	clear(f64(dx))
	overProducts(dx, w, g, func(i, j, k int) { f64(dx)[j] += f64(dy)[i] * f64(w)[k] })
}

func (naive) Conv2DGradWeight(dw, db, dy, x kernel.Tensor, g kernel.Window) {
	clear(f64(dw))
	clear(f64(db))
	overProducts(x, dw, g, func(i, j, k int) { f64(dw)[k] += f64(dy)[i] * f64(x)[j] })
	for i, v := range f64(dy) {
		if !db.Absent() {
			f64(db)[i%dy.Cols()] += v
		}
	}
}

func (naive) MaxPool2D(y, place, x kernel.Tensor, g kernel.Window) {
	for i := range f64(y) {
		f64(y)[i] = math.Inf(-1)
	}
	c := y.Cols()
	overWindows(x.Shape[0], g, func(i, p, tap int) {
		for j := range c {
			if v := f64(x)[p*c+j]; v > f64(y)[i*c+j] {
				f64(y)[i*c+j] = v
				if !place.Absent() {
					kernel.Slice[int32](place)[i*c+j] = int32(p)
				}
			}
		}
	})
}

func (naive) MaxPool2DGrad(dx, place, dy kernel.Tensor, g kernel.Window) {
	clear(f64(dx))
	c := dy.Cols()
	for i, p := range kernel.Slice[int32](place) {
		f64(dx)[int(p)*c+i%c] += f64(dy)[i]
	}
}
