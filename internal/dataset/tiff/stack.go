package tiff

import (
	"fmt"

	"cmae/internal/dataset/raster"
)

// stack makes pages of one sample, of which p is the first, the channels of a picture.
func (f *file) stack(
	p *raster.Picture, pages []uint64, maxPixels int,
) (*raster.Picture, error) {
	n, size := len(pages), p.Width*p.Height
	out := &raster.Picture{Width: p.Width, Height: p.Height, Orientation: p.Orientation}
	for i, at := range pages {
		page, l, err := f.page(at, maxPixels)
		if err != nil {
			return nil, fmt.Errorf("page %d: %w", i+1, err)
		}
		if !alike(p, page) || l.samples != 1 {
			return nil, fmt.Errorf("page %d differs from the first in size or in kind", i+1)
		}
		switch {
		case page.Pix != nil:
			if i == 0 {
				out.Pix, out.Channels = make([]uint8, n*size), n
			}
			interleave(out.Pix, page.Pix, i, n, len(page.Pix)/size)
		default:
			if i == 0 {
				whole := *page.Deep
				whole.Channels, whole.Ints, whole.Floats = n, nil, nil
				whole.Make(n*size, page.Deep.Ints != nil)
				out.Deep = &whole
			}
			interleave(out.Deep.Ints, page.Deep.Ints, i, n, 1)
			interleave(out.Deep.Floats, page.Deep.Floats, i, n, 1)
		}
	}
	return out, nil
}

// alike says whether two pages can be channels of one picture.
func alike(a, b *raster.Picture) bool {
	if a.Width != b.Width || a.Height != b.Height || a.Channels != b.Channels {
		return false
	}
	if a.Deep == nil || b.Deep == nil {
		return a.Deep == b.Deep && a.Pix != nil && b.Pix != nil
	}
	return (a.Deep.Ints == nil) == (b.Deep.Ints == nil) && a.Deep.Low == b.Deep.Low &&
		a.Deep.High == b.Deep.High
}

// interleave makes the first of every step samples channel i of n.
func interleave[T any](to, from []T, i, n, step int) {
	for at := 0; at*step < len(from); at++ {
		to[at*n+i] = from[at*step]
	}
}
