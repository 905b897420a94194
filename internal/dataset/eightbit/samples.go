package eightbit

import (
	"image"
	"image/color"
	"image/draw"

	"cmae/internal/dataset/raster"
)

// toRGB makes any opaque image 8-bit colours: gray and palettes are expanded, CMYK converted.
func toRGB(src image.Image) []uint8 {
	bounds := src.Bounds()
	canvas := image.NewRGBA(image.Rect(0, 0, bounds.Dx(), bounds.Dy()))
	draw.Draw(canvas, canvas.Rect, src, bounds.Min, draw.Src)
	pix := make([]uint8, 3*bounds.Dx()*bounds.Dy())
	for from, to := canvas.Pix, pix; len(to) > 0; from, to = from[4:], to[3:] {
		to[0], to[1], to[2] = from[0], from[1], from[2]
	}
	return pix
}

// straight takes the colours of an image and its transparency apart, as they are stored. It is
// false for one of a kind that knows no transparency.
func straight(src image.Image) (pix, alpha []uint8, is bool) {
	n := src.Bounds().Dx() * src.Bounds().Dy()
	pix, alpha = make([]uint8, 0, 3*n), make([]uint8, 0, n)
	switch src := src.(type) {
	case *image.NRGBA:
		for y := range src.Rect.Dy() {
			for row := src.Pix[y*src.Stride:][:4*src.Rect.Dx()]; len(row) > 0; row = row[4:] {
				pix, alpha = append(pix, row[:3]...), append(alpha, row[3])
			}
		}
	case *image.Paletted:
		var palette []color.NRGBA
		for _, c := range src.Palette {
			palette = append(palette, stored(c))
			is = is || palette[len(palette)-1].A != 255
		}
		for y := 0; y < src.Rect.Dy() && is; y++ {
			for _, i := range src.Pix[y*src.Stride:][:src.Rect.Dx()] {
				c := palette[i]
				pix, alpha = append(pix, c.R, c.G, c.B), append(alpha, c.A)
			}
		}
		return pix, alpha, is
	default:
		return nil, nil, false
	}
	return pix, alpha, true
}

// stored is a colour of a palette as the file has it, even where it cannot be seen.
func stored(c color.Color) color.NRGBA {
	if c, ok := c.(color.NRGBA); ok {
		return c
	}
	return color.NRGBAModel.Convert(c).(color.NRGBA)
}

// veiled says whether most pixels are neither opaque nor transparent, as those of a fourth band of
// another kind are.
func veiled(alpha []uint8) bool {
	half := 0
	for _, a := range alpha {
		if a != 0 && a != 255 {
			half++
		}
	}
	return 2*half > len(alpha)
}

// eightBits makes samples between black and white 8-bit values. Integers that keep the range of
// their type lose their low bits.
func eightBits(d *raster.Deep, black, white float64) func(v float64) uint8 {
	scale, half := 255/(white-black), .5
	if d.Ints != nil && black == d.Low && white == d.High {
		scale, half = 256/(white-black+1), 0
	}
	return func(v float64) uint8 {
		v = (v-black)*scale + half
		switch {
		case v < 0:
			return 0
		case v > 255:
			return 255
		}
		return uint8(v)
	}
}
