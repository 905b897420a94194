package portable

import "cmae/internal/kernel"

// Patchify cuts images[B,C,side,side] into patches[B,N,p*p*C].
func (m *arithmetic[T]) Patchify(patches, images kernel.Tensor, p int, channelsLast bool) {
	f := m.open()
	defer f.close()
	cut := cutOf(images, p, channelsLast)
	to, from := f.out(patches), f.in(images)
	cut.runs(m.workers, func(patch, pixel, step int) {
		row := from[pixel : pixel+cut.p]
		if step == 1 {
			copy(to[patch:], row)
			return
		}
		for i, v := range row {
			to[patch+i*step] = v
		}
	})
}

// patchCut says how images are cut.
type patchCut struct {
	batch, channels, side, p int
	channelsLast             bool
}

func cutOf(images kernel.Tensor, p int, channelsLast bool) patchCut {
	return patchCut{
		batch: images.Shape[0], channels: images.Shape[1], side: images.Shape[2], p: p,
		channelsLast: channelsLast,
	}
}

// runs calls body for each run of p pixels that lie side by side in an image and in one patch: they
// start at element pixel of the images, and at element patch of the patches, where they are step
// apart.
func (c patchCut) runs(w workers, body func(patch, pixel, step int)) {
	grid, area := c.side/c.p, c.side*c.side
	length := c.p * c.p * c.channels
	w.rows(c.batch*c.channels*c.side, c.side, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			b, channel, y := i/(c.channels*c.side), i/c.side%c.channels, i%c.side
			inside, step := channel*c.p*c.p+y%c.p*c.p, 1
			if c.channelsLast {
				inside, step = y%c.p*c.p*c.channels+channel, c.channels
			}
			for x := range grid {
				n := y/c.p*grid + x
				body(
					(b*grid*grid+n)*length+inside, (b*c.channels+channel)*area+y*c.side+x*c.p, step,
				)
			}
		}
	})
}
