package chart

import (
	"slices"
	"strings"

	"golang.org/x/image/font"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Sizes of a page.
const (
	panelWidth   = 3.9 * vg.Inch
	panelHeight  = 2.9 * vg.Inch
	leastColumns = 2              // for the width of a title over a single panel
	lineHeight   = vg.Length(20)  // of title and legend, in points
	leftEdge     = vg.Length(12)  // where they begin
	sample       = vg.Length(24)  // of a series' line or mark in the legend
	apart        = 3 * lineHeight // sample, and the distance to the next name
	longestName  = 40             // in letters
)

// page is a sheet with a place for everything.
type page struct {
	Sheet
	legend        [][]int // series by line
	lined, marked []bool  // by series: what it is drawn with
	width, height vg.Length
}

func newPage(s Sheet) *page {
	p := &page{Sheet: s, lined: make([]bool, len(s.Series)), marked: make([]bool, len(s.Series))}
	p.Series = make([]string, len(s.Series))
	for i, name := range s.Series {
		p.Series[i] = shorten(name)
	}
	smoothed := false
	for _, q := range s.Panels {
		for _, l := range q.Lines {
			p.lined[l.Series] = p.lined[l.Series] || !l.Plain
			smoothed = smoothed || l.smoothed()
		}
		for _, m := range q.Marks {
			p.marked[m.Series] = true
		}
	}
	if smoothed {
		p.Note = strings.TrimPrefix(p.Note+"; pale: steps, strong: their moving mean", "; ")
	}
	p.width = vg.Length(max(s.Columns, leastColumns)) * panelWidth
	p.layLegend()
	p.height = vg.Length(p.rows())*panelHeight + p.header()
	return p
}

func (p *page) rows() int { return (len(p.Panels) + p.Columns - 1) / p.Columns }

// shorten keeps a long name from taking the others' room.
func shorten(name string) string {
	if letters := []rune(name); len(letters) > longestName {
		return string(letters[:longestName-1]) + "…"
	}
	return name
}

// layLegend deals the series that are drawn out to lines as wide as the page.
func (p *page) layLegend() {
	text, x := letters(11), p.width // the first line is still to begin
	for i, name := range p.Series {
		if !p.lined[i] && !p.marked[i] {
			continue
		}
		width := apart + text.Width(name)
		if x+width > p.width-leftEdge {
			p.legend, x = append(p.legend, nil), leftEdge
		}
		last := len(p.legend) - 1
		p.legend[last], x = append(p.legend[last], i), x+width
	}
}

// header is the height of title, note and legend.
func (p *page) header() vg.Length {
	lines := 2 + len(p.legend)
	if !p.noteFits() {
		lines++
	}
	return vg.Length(lines) * lineHeight
}

// noteFits reports whether the note has room beside the title.
func (p *page) noteFits() bool {
	return 3*leftEdge+heading().Width(p.Title)+letters(11).Width(p.Note) < p.width
}

// letters is the style of note and legend.
func letters(size vg.Length) draw.TextStyle {
	style := plot.New().Title.TextStyle
	style.Font.Variant, style.Font.Size, style.Color = "Sans", size, ink
	style.XAlign, style.YAlign = draw.XLeft, draw.YCenter
	return style
}

func heading() draw.TextStyle {
	style := letters(15)
	style.Font.Weight = font.WeightBold
	return style
}

func (p *page) draw(c draw.Canvas) {
	y := c.Max.Y - lineHeight
	big, small := heading(), letters(11)
	c.FillText(big, vg.Point{X: leftEdge, Y: y}, p.Title)
	if p.noteFits() {
		c.FillText(small, vg.Point{X: 2*leftEdge + big.Width(p.Title), Y: y}, p.Note)
	} else {
		y -= lineHeight
		c.FillText(small, vg.Point{X: leftEdge, Y: y}, p.Note)
	}
	for _, line := range p.legend {
		y -= lineHeight
		x := leftEdge
		for _, i := range line {
			if p.lined[i] {
				c.StrokeLine2(stroke(i, vg.Points(2.5)), x, y, x+sample, y)
			}
			if p.marked[i] {
				c.DrawGlyph(glyph(i), vg.Point{X: x + sample/2, Y: y})
			}
			c.FillText(small, vg.Point{X: x + sample + 6, Y: y}, p.Series[i])
			x += apart + small.Width(p.Series[i])
		}
	}
	p.drawPanels(draw.Crop(c, leftEdge/2, -leftEdge, leftEdge/2, -p.header()))
}

func (p *page) drawPanels(c draw.Canvas) {
	var table [][]*plot.Plot
	for row := range slices.Chunk(p.Panels, p.Columns) {
		plots := make([]*plot.Plot, p.Columns)
		for i, panel := range row {
			plots[i] = panel.plot()
		}
		table = append(table, plots)
	}
	tiles := draw.Tiles{Rows: len(table), Cols: p.Columns, PadX: vg.Points(14), PadY: vg.Points(12)}
	for r, row := range plot.Align(table, tiles, c) {
		for i, place := range row {
			if table[r][i] != nil {
				table[r][i].Draw(place)
			}
		}
	}
}
