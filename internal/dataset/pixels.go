package dataset

import (
	"image"
	"image/color"
	"image/draw"

	"cmae/internal/dataset/raster"
)

// toRGB draws any image over the background colour: gray and palettes are expanded, CMYK converted,
// 16-bit channels cut to their high byte, transparency blended.
func toRGB(src image.Image, background Colour) Image {
	bounds := src.Bounds()
	canvas := image.NewRGBA(image.Rect(0, 0, bounds.Dx(), bounds.Dy()))
	operator := draw.Src
	if opaque, ok := src.(interface{ Opaque() bool }); !ok || !opaque.Opaque() {
		operator = draw.Over
		behind := color.RGBA{background[0], background[1], background[2], 255}
		draw.Draw(canvas, canvas.Rect, image.NewUniform(behind), image.Point{}, draw.Src)
	}
	draw.Draw(canvas, canvas.Rect, src, bounds.Min, operator)

	img := Image{
		Width: bounds.Dx(), Height: bounds.Dy(), Pix: make([]uint8, 3*bounds.Dx()*bounds.Dy()),
	}
	for from, to := canvas.Pix, img.Pix; len(to) > 0; from, to = from[4:], to[3:] {
		to[0], to[1], to[2] = from[0], from[1], from[2]
	}
	return img
}

// planarToRGB interleaves three planes; the same plane three times makes a gray image.
func planarToRGB(width, height int, r, g, b []uint8) Image {
	img := Image{Width: width, Height: height, Pix: make([]uint8, 3*width*height)}
	for i := range r {
		pixel := img.Pix[3*i : 3*i+3]
		pixel[0], pixel[1], pixel[2] = r[i], g[i], b[i]
	}
	return img
}

// withoutAlpha takes the colours of an image as they are stored. It is false for one that has no
// transparency to leave out.
func withoutAlpha(src image.Image) (Image, bool) {
	b := src.Bounds()
	img := Image{Width: b.Dx(), Height: b.Dy(), Pix: make([]uint8, 0, 3*b.Dx()*b.Dy())}
	rows := func(pix []uint8, stride, wide int) {
		for y := range b.Dy() {
			row := pix[y*stride:][:4*wide*b.Dx()]
			for ; len(row) > 0; row = row[4*wide:] {
				img.Pix = append(img.Pix, row[0], row[wide], row[2*wide])
			}
		}
	}
	switch src := src.(type) {
	case *image.NRGBA:
		rows(src.Pix, src.Stride, 1)
	case *image.RGBA:
		rows(src.Pix, src.Stride, 1)
	case *image.NRGBA64: // the high bytes
		rows(src.Pix, src.Stride, 2)
	case *image.RGBA64:
		rows(src.Pix, src.Stride, 2)
	case *image.Paletted:
		for y := range b.Dy() {
			for _, i := range src.Pix[y*src.Stride:][:b.Dx()] {
				c := color.NRGBAModel.Convert(src.Palette[i]).(color.NRGBA)
				if straight, ok := src.Palette[i].(color.NRGBA); ok {
					c = straight
				}
				img.Pix = append(img.Pix, c.R, c.G, c.B)
			}
		}
	default:
		return Image{}, false
	}
	return img, true
}

// veiled says whether most pixels are neither opaque nor transparent, as those of a fourth band of
// another kind are.
func veiled(src image.Image) bool {
	var pix []uint8
	step := 4
	switch src := src.(type) {
	case *image.NRGBA:
		pix = src.Pix[3:]
	case *image.RGBA:
		pix = src.Pix[3:]
	case *image.NRGBA64:
		pix, step = src.Pix[6:], 8
	case *image.RGBA64:
		pix, step = src.Pix[6:], 8
	default:
		return false
	}
	n, half := 0, 0
	for i := 0; i < len(pix); i += step {
		n++
		if pix[i] != 0 && pix[i] != 255 {
			half++
		}
	}
	return 2*half > n
}

// fromDeep makes samples between black and white 8-bit colours.
func fromDeep(d *raster.Deep, black, white float64, background Colour, dropAlpha bool) Image {
	img := Image{Width: d.Width, Height: d.Height, Pix: make([]uint8, 3*d.Width*d.Height)}
	value := eightBits(d, black, white)
	for i := range d.Width * d.Height {
		p := img.Pix[3*i : 3*i+3]
		for c := range p {
			p[c] = value(i*d.Channels + min(c, d.Channels-1))
			if d.Alpha != nil && !dropAlpha {
				a := int(d.Alpha[i])
				p[c] = uint8((int(p[c])*a + int(background[c])*(255-a) + 127) / 255)
			}
		}
	}
	return img
}

// eightBits gives samples between black and white as 8-bit values, by their index. Integers that
// keep the range of their type lose their low bits.
func eightBits(d *raster.Deep, black, white float64) func(i int) uint8 {
	scale, half := 255/(white-black), .5
	if d.Ints != nil && black == d.Low && white == d.High {
		scale, half = 256/(white-black+1), 0
	}
	return func(i int) uint8 {
		v := (d.At(i)-black)*scale + half
		switch {
		case !(v >= 0): // NaN as well
			return 0
		case v > 255:
			return 255
		}
		return uint8(v)
	}
}
