package chart

import (
	"image/color"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

var (
	ink  = color.RGBA{0x20, 0x20, 0x20, 0xff} // letters
	dim  = color.RGBA{0x60, 0x60, 0x60, 0xff} // axes
	pale = color.RGBA{0xe4, 0xe4, 0xe4, 0xff} // lines of a grid
)

// colours tell series apart, also for those who do not see red and green (Okabe and Ito).
var colours = []color.RGBA{
	{0x00, 0x72, 0xb2, 0xff}, // blue
	{0xd5, 0x5e, 0x00, 0xff}, // vermilion
	{0x00, 0x9e, 0x73, 0xff}, // green
	{0xcc, 0x79, 0xa7, 0xff}, // purple
	{0xe6, 0x9f, 0x00, 0xff}, // orange
	{0x56, 0xb4, 0xe9, 0xff}, // sky blue
	{0x00, 0x00, 0x00, 0xff}, // black
}

// shapes tell marks apart without colour: as many as colours, and from one round of the colours to
// the next they move on by one, so that no pair comes twice in the first 49.
var shapes = []draw.GlyphDrawer{
	draw.CircleGlyph{}, draw.BoxGlyph{}, draw.PyramidGlyph{}, draw.RingGlyph{}, draw.SquareGlyph{},
	draw.TriangleGlyph{}, draw.CrossGlyph{},
}

func colour(series int) color.RGBA { return colours[series%len(colours)] }

// dashes tell lines of the same colour apart.
func dashes(series int) []vg.Length {
	round := series / len(colours)
	return [][]vg.Length{nil, {5, 2}, {1.5, 1.5}}[round%3]
}

func glyph(series int) draw.GlyphStyle {
	shape := shapes[(series+series/len(colours))%len(shapes)]
	return draw.GlyphStyle{Color: colour(series), Radius: vg.Points(4.5), Shape: shape}
}

func stroke(series int, width vg.Length) draw.LineStyle {
	return draw.LineStyle{Color: colour(series), Width: width, Dashes: dashes(series)}
}
