// Package canvas lays out pictures that are made of pixels: grids of tiles, confusion matrices,
// words around them, and the files that they go to.
//
// Reading order: grid.go (rows and columns of tiles), confusion.go (what a classifier mixes up);
// text.go, colour.go, save.go.
package canvas

import (
	"image"
	"image/draw"
	"strings"
)

// Grid is a picture made of rows of square tiles of one size, with words around them.
type Grid struct {
	Title    string
	Columns  []string // above each column
	Rows     []Row
	Panels   int      // rows are dealt out to so many blocks beside each other; 0 means 1
	Captions []string // paragraphs below
}

// Row is one image: what it is, and a tile a column.
type Row struct {
	Label string
	Tiles []*image.RGBA
}

// Add appends a row.
func (g *Grid) Add(label string, tiles []*image.RGBA) { g.Rows = append(g.Rows, Row{label, tiles}) }

// Distances in pixels.
const (
	margin     = 14
	gap        = 4  // between tiles
	panelGap   = 28 // between panels
	leastLabel = 92
	mostLabel  = 200 // a word that is longer is cut
	leastWidth = 560 // for title and captions
)

// layout is where the parts of a grid go.
type layout struct {
	Grid
	title, text   *pen
	side          int // of a tile
	rows, panels  int // rows of a panel
	label         int // width of the labels
	panel, width  int // width of a panel with its labels, of all that is inside the margins
	titles        []string
	heads         [][]string
	headLines     int
	captions      []string
	height, first int // of the picture; y of the first row of tiles
}

// Draw makes the picture. There must be a row with a tile.
func (g Grid) Draw() *image.RGBA {
	l := g.layout()
	img := image.NewRGBA(image.Rect(0, 0, l.width+2*margin, l.height))
	draw.Draw(img, img.Rect, image.White, image.Point{}, draw.Src)
	l.title.write(img, margin, margin, black, l.titles...)
	for p := range l.panels {
		x := l.column(p, 0)
		for c, head := range l.heads {
			l.text.centre(
				img, x+c*(l.side+gap), l.first-gap-len(head)*l.text.height, l.side, black, head...,
			)
		}
	}
	for i, row := range g.Rows {
		l.row(img, i/l.rows, l.first+i%l.rows*(l.side+gap), row)
	}
	l.text.write(img, margin, l.first+l.rows*(l.side+gap)+margin, dim, l.captions...)
	return img
}

func (g Grid) layout() *layout {
	l := &layout{
		Grid: g, title: newPen(bold(), 16), text: newPen(regular(), 13), panels: max(g.Panels, 1),
	}
	l.side = g.Rows[0].Tiles[0].Rect.Dx()
	l.rows = (len(g.Rows) + l.panels - 1) / l.panels
	l.label = leastLabel
	for _, row := range g.Rows { // no word of a label is broken
		for _, word := range strings.Fields(row.Label) {
			l.label = min(max(l.label, l.text.width(word)+2*gap), mostLabel)
		}
	}
	l.panel = l.label + len(g.Columns)*(l.side+gap) - gap
	l.width = max(l.panels*(l.panel+panelGap)-panelGap, leastWidth)
	l.titles = l.title.wrap(g.Title, l.width)
	for _, c := range g.Columns {
		lines := l.text.wrap(c, l.side)
		l.heads, l.headLines = append(l.heads, lines), max(l.headLines, len(lines))
	}
	for _, c := range g.Captions {
		l.captions = append(l.captions, l.text.wrap(c, l.width)...)
	}
	l.first = margin + len(l.titles)*l.title.height + gap + l.headLines*l.text.height + gap
	l.height = l.first + l.rows*(l.side+gap) + margin + len(l.captions)*l.text.height + margin
	return l
}

// column is the x of a column of tiles.
func (l *layout) column(panel, c int) int {
	return margin + panel*(l.panel+panelGap) + l.label + c*(l.side+gap)
}

func (l *layout) row(img *image.RGBA, panel, y int, row Row) {
	var words []string
	for _, word := range strings.Fields(row.Label) {
		words = append(words, l.text.shorten(word, l.label-2*gap))
	}
	lines := l.text.wrap(strings.Join(words, " "), l.label-2*gap)
	if most := l.side / l.text.height; len(lines) > most {
		lines = lines[:most]
	}
	x := l.column(panel, 0)
	l.text.write(img, x-l.label, y+(l.side-len(lines)*l.text.height)/2, black, lines...)
	for c, tile := range row.Tiles {
		at := image.Pt(x+c*(l.side+gap), y)
		draw.Draw(img, tile.Rect.Add(at), tile, image.Point{}, draw.Src)
	}
}
