package picture

import (
	"image"
	"image/color"
	"slices"

	"golang.org/x/image/draw"

	"cmae/internal/contrastivecrop"
	"cmae/internal/dataset/augment"
	"cmae/internal/report/canvas"
)

// The colours of what is drawn on tiles. Boxes have a dark rim, so that they show on any image.
var (
	hidden   = color.RGBA{0x80, 0x80, 0x80, 0xff} // a masked patch
	trueBox  = color.RGBA{0x35, 0xd0, 0x5a, 0xff} // green
	foundBox = color.RGBA{0xff, 0x8c, 0x1a, 0xff} // orange
	rim      = color.RGBA{0x20, 0x20, 0x20, 0xff}
)

// smallestTile is the side in pixels below which nobody recognises an image.
const smallestTile = 96

// magnify is by how much an image of the given side is enlarged.
func magnify(side int) int { return (smallestTile + side - 1) / side }

// ofView turns a normalised view [C,S,S] back into pixels.
func ofView(view []float32, side int, l augment.Look) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, side, side))
	for i := range side * side {
		for to, c := range l.Channels {
			v := float64(view[c*side*side+i])*l.Normal.Std[c] + l.Normal.Mean[c]
			img.Pix[4*i+to] = l.Level(c, v)
		}
		img.Pix[4*i+3] = 0xff
	}
	return img
}

// isGray reports whether an image has no colours.
func isGray(img *image.RGBA) bool {
	for i := 0; i < len(img.Pix); i += 4 {
		r, g, b := int(img.Pix[i]), int(img.Pix[i+1]), int(img.Pix[i+2])
		if max(r, g, b)-min(r, g, b) > 2 { // normalising and back rounds
			return false
		}
	}
	return true
}

// makeGray gives every pixel the mean of its channels.
func makeGray(img *image.RGBA) {
	for i := 0; i < len(img.Pix); i += 4 {
		mean := (int(img.Pix[i]) + int(img.Pix[i+1]) + int(img.Pix[i+2]) + 1) / 3
		img.Pix[i], img.Pix[i+1], img.Pix[i+2] = uint8(mean), uint8(mean), uint8(mean)
	}
}

// enlarged is img with every pixel a square.
func enlarged(img *image.RGBA) *image.RGBA {
	side := img.Rect.Dx()
	n := side * magnify(side)
	big := image.NewRGBA(image.Rect(0, 0, n, n))
	draw.NearestNeighbor.Scale(big, big.Rect, img, img.Rect, draw.Src, nil)
	return big
}

// clone is a copy to draw on.
func clone(img *image.RGBA) *image.RGBA {
	c := *img
	c.Pix = slices.Clone(img.Pix)
	return &c
}

// heatTile colours a heat map [g*g] of values 0 to 1, enlarged bilinearly to n x n pixels. Where
// img, a tile of that size, is given, it shines through.
func heatTile(heat []float32, grid, n int, img *image.RGBA) *image.RGBA {
	const deep = 0xffff
	cells := image.NewGray16(image.Rect(0, 0, grid, grid))
	for i, v := range heat {
		cells.SetGray16(i%grid, i/grid, color.Gray16{Y: uint16(min(max(v, 0), 1)*deep + .5)})
	}
	smooth := image.NewGray16(image.Rect(0, 0, n, n))
	draw.BiLinear.Scale(smooth, smooth.Rect, cells, cells.Rect, draw.Src, nil)
	tile := image.NewRGBA(smooth.Rect)
	for y := range n {
		for x := range n {
			c := canvas.Viridis(float64(smooth.Gray16At(x, y).Y) / deep)
			if img != nil {
				gray := color.GrayModel.Convert(img.RGBAAt(x, y)).(color.Gray).Y
				c = canvas.Blend(color.RGBA{gray, gray, gray, 0xff}, c, .6)
			}
			tile.SetRGBA(x, y, c)
		}
	}
	return tile
}

// frameOf is a box of an image of side pixels on its tile. The box ends with its last pixel, which
// is part of it.
func frameOf(tile *image.RGBA, b contrastivecrop.Box, side int) image.Rectangle {
	top, left, bottom, right := b.Extent(side, side)
	n := float64(tile.Rect.Dx())
	return image.Rect(int(left*n+.5), int(top*n+.5), int(right*n+.5), int(bottom*n+.5))
}

// outline draws a frame.
func outline(tile *image.RGBA, frame image.Rectangle, ink color.RGBA) {
	ring(tile, frame.Inset(-1), 4, rim)
	ring(tile, frame, 2, ink)
}

// ring draws the border of a rectangle inwards, as far as it lies in the tile.
func ring(tile *image.RGBA, r image.Rectangle, width int, ink color.Color) {
	src := image.NewUniform(ink)
	r = r.Intersect(tile.Rect)
	for _, side := range []image.Rectangle{
		{r.Min, image.Pt(r.Max.X, r.Min.Y+width)}, {image.Pt(r.Min.X, r.Max.Y-width), r.Max},
		{r.Min, image.Pt(r.Min.X+width, r.Max.Y)}, {image.Pt(r.Max.X-width, r.Min.Y), r.Max},
	} {
		draw.Draw(tile, side.Intersect(r), src, image.Point{}, draw.Src)
	}
}

// colourTile shows up to three maps [g*g] of values 0 to 1 as red, green and blue, enlarged
// bilinearly to n x n pixels.
func colourTile(maps [][]float32, grid, n int) *image.RGBA {
	cells := image.NewRGBA(image.Rect(0, 0, grid, grid))
	draw.Draw(cells, cells.Rect, image.Black, image.Point{}, draw.Src)
	for c, values := range maps {
		for i, v := range values {
			cells.Pix[4*i+c] = uint8(v*255 + .5)
		}
	}
	tile := image.NewRGBA(image.Rect(0, 0, n, n))
	draw.BiLinear.Scale(tile, tile.Rect, cells, cells.Rect, draw.Src, nil)
	return tile
}
