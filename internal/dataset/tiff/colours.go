package tiff

import (
	"image"
	"slices"

	"cmae/internal/dataset/raster"
)

// converted makes palettes and inks colours, if the samples stand for such.
func (l *layout) converted(p *raster.Picture) error {
	switch {
	case l.photometric == palette:
		return l.mapped(p)
	case l.photometric == separated && p.Deep == nil:
		rect := image.Rect(0, 0, l.width, l.height)
		p.Image = &image.CMYK{Pix: p.Pix, Stride: 4 * l.width, Rect: rect}
		p.Pix, p.Channels = nil, 0
	case l.photometric == separated:
		p.Deep = mixed(p.Deep)
	}
	return nil
}

// mapped looks colours up. Some writers give the table 8 bits where 16 are asked for.
func (l *layout) mapped(p *raster.Picture) error {
	table, n := l.numbers(tagColorMap), 1<<l.bits
	if len(table) < 3*n {
		return errDamaged
	}
	shift := 0
	if slices.Max(table) > 255 {
		shift = 8
	}
	pix := make([]uint8, 0, 3*l.width*l.height)
	look := func(i int) {
		for c := range 3 {
			pix = append(pix, uint8(table[c*n+i]>>shift))
		}
	}
	for _, i := range p.Pix {
		look(int(i))
	}
	if p.Deep != nil {
		for _, i := range p.Deep.Ints {
			look(int(i))
		}
	}
	p.Pix, p.Channels, p.Deep = pix, 0, nil
	return nil
}

// mixed makes inks colours.
func mixed(d *raster.Deep) *raster.Deep {
	out := *d
	out.Channels, out.Ints, out.Floats = 3, nil, nil
	n := d.Width * d.Height
	set := out.Make(3*n, d.Ints != nil)
	for i := range n {
		black := d.High - d.At(4*i+3)
		for c := range 3 {
			set(3*i+c, (d.High-d.At(4*i+c))*black/d.High)
		}
	}
	return &out
}
