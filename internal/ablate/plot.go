package ablate

import (
	"bytes"
	"fmt"
	"image/color"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
)

// The picture is two panels by two, with the legend beside them.
const (
	pictureWidth  = 13 * vg.Inch
	pictureHeight = 8 * vg.Inch
	pictureDPI    = 100
	titleHeight   = 0.45 * vg.Inch
	gap           = 0.15 * vg.Inch
	legendFont    = 11
)

// colours tell cells apart by hue and lightness; the shapes beside them do so without colour.
var colours = []color.Color{
	color.RGBA{0x1f, 0x77, 0xb4, 0xff}, color.RGBA{0xd6, 0x27, 0x28, 0xff}, color.RGBA{0x2c, 0xa0, 0x2c, 0xff},
	color.RGBA{0xff, 0x7f, 0x0e, 0xff}, color.RGBA{0x94, 0x67, 0xbd, 0xff}, color.RGBA{0x8c, 0x56, 0x4b, 0xff},
	color.RGBA{0xe3, 0x77, 0xc2, 0xff}, color.RGBA{0x55, 0x55, 0x55, 0xff}, color.RGBA{0x17, 0xbe, 0xcf, 0xff},
	color.RGBA{0xbc, 0xbd, 0x22, 0xff}, color.RGBA{0x00, 0x00, 0x00, 0xff},
}

var shapes = []draw.GlyphDrawer{
	draw.CircleGlyph{}, draw.BoxGlyph{}, draw.PyramidGlyph{}, draw.RingGlyph{}, draw.SquareGlyph{}, draw.TriangleGlyph{}, draw.CrossGlyph{},
}

// glyph is the mark of the i-th cell. The numbers of colours and shapes have no common divisor, so no pair comes twice in 77 cells.
func glyph(i int) draw.GlyphStyle {
	return draw.GlyphStyle{Color: colours[i%len(colours)], Radius: vg.Points(5), Shape: shapes[i%len(shapes)]}
}

// drawPNG shows linear probe and kNN accuracy against decoder size and time, one mark a cell, with the deviation over seeds; nil when no
// run is done.
func (t *Table) drawPNG() ([]byte, error) {
	var done []int
	for i, r := range t.Rows {
		if r.Linear != nil {
			done = append(done, i)
		}
	}
	if len(done) == 0 {
		return nil, nil
	}
	c := vgimg.NewWith(vgimg.UseWH(pictureWidth, pictureHeight), vgimg.UseDPI(pictureDPI), vgimg.UseBackgroundColor(color.White))
	all := draw.New(c)
	legend, legendWidth := t.legend(done)
	panels := draw.Crop(all, gap, -legendWidth-2*gap, gap, -titleHeight)
	grid := [][]*plot.Plot{make([]*plot.Plot, 2), make([]*plot.Plot, 2)}
	for row, y := range []measure{linearMeasure, knnMeasure} {
		for column, x := range []measure{decoderMeasure, secondsMeasure} {
			p, err := t.panel(done, x, y)
			if err != nil {
				return nil, err
			}
			grid[row][column] = p
		}
	}
	tiles := draw.Tiles{Rows: 2, Cols: 2, PadX: 2 * gap, PadY: gap}
	for row, canvases := range plot.Align(grid, tiles, panels) {
		for column, canvas := range canvases {
			grid[row][column].Draw(canvas)
		}
	}
	t.drawTitle(all)
	legend.Draw(draw.Crop(all, pictureWidth-legendWidth-gap, -gap, gap, -titleHeight-gap))
	var png bytes.Buffer
	if _, err := (vgimg.PngCanvas{Canvas: c}).WriteTo(&png); err != nil {
		return nil, err
	}
	return png.Bytes(), nil
}

// legend names the cells' marks; the second result is its width.
func (t *Table) legend(cells []int) (plot.Legend, vg.Length) {
	l := plot.NewLegend()
	l.Top, l.Left, l.XOffs = true, true, 0
	l.TextStyle.Font.Size = legendFont
	l.Padding = vg.Points(4)
	l.ThumbnailWidth = vg.Points(16)
	widest := vg.Length(0)
	for _, i := range cells {
		name := shorten(t.Rows[i].Name)
		l.Add(name, mark(glyph(i)))
		widest = max(widest, l.TextStyle.Width(name))
	}
	return l, widest + l.ThumbnailWidth + vg.Points(16)
}

// mark is a legend's thumbnail: one glyph.
type mark draw.GlyphStyle

// Thumbnail draws the glyph in the middle.
func (m mark) Thumbnail(c *draw.Canvas) { c.DrawGlyph(draw.GlyphStyle(m), c.Center()) }

// shorten keeps a long name from taking the panels' room.
func shorten(name string) string {
	const most = 40
	if len(name) > most {
		return name[:most-1] + "…"
	}
	return name
}

func (t *Table) drawTitle(c draw.Canvas) {
	seeds := "1 seed"
	if n := len(t.Seeds); n > 1 {
		seeds = fmt.Sprintf("mean ± standard deviation of %d seeds", n)
	}
	title := fmt.Sprintf("Ablation: %s (%d epochs, %s)", t.Name, t.Epochs, seeds)
	style := draw.TextStyle{
		Color: color.Black, Font: font.From(plot.DefaultFont, 15), Handler: plot.DefaultTextHandler, XAlign: draw.XCenter, YAlign: draw.YTop,
	}
	c.FillText(style, vg.Point{X: c.Center().X, Y: c.Max.Y - vg.Points(8)}, strings.TrimSpace(title))
}
