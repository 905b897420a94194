package dataset

import (
	"image"
	"image/color"
	"image/draw"
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
