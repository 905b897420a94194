package canvas

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
)

// The cells of a confusion matrix, in pixels: as large as letters need where there are few classes,
// as small as can be seen otherwise.
const (
	cellNamed   = 40  // up to mostNamed classes, with names and percentages
	cellLeast   = 3   // with any number of classes
	matrixSide  = 720 // that unnamed cells are made to fill
	mostNamed   = 20
	mostName    = 200 // width of a class's name to the left
	scaleHeight = 14
)

// Confusion draws how often images of each class (rows) were taken for each class (columns), as a
// share of their row, to a PNG file.
func Confusion(path, title string, classes []string, counts [][]int) error {
	return SavePNG(path, newMatrix(title, classes, counts).draw())
}

// matrix is where the parts of the picture go.
type matrix struct {
	classes     []string
	counts      [][]int
	title, text *pen
	titles      []string
	what        []string // below the title
	named       bool
	nameWidth   int // of the longest name, or as much as there is room for
	cell        int
	left, top   int // of the first cell
	width       int // of the picture
}

func newMatrix(title string, classes []string, counts [][]int) *matrix {
	m := &matrix{
		classes: classes, counts: counts, title: newPen(bold(), 16), text: newPen(regular(), 12),
		named: len(classes) <= mostNamed,
	}
	m.cell, m.left = max(cellLeast, matrixSide/len(classes)), margin+m.text.height+gap
	if m.named {
		for i := range classes {
			m.nameWidth = max(m.nameWidth, m.text.width(m.label(i)))
		}
		m.nameWidth = min(m.nameWidth, mostName)
		m.cell, m.left = cellNamed, margin+m.nameWidth+gap
	}
	m.width = max(m.left+len(classes)*m.cell+margin, leastWidth)
	m.titles = m.title.wrap(title, m.width-2*margin)
	what := "Rows: the class of an image; columns: what the classifier says; " +
		"colour: share of the row"
	if m.named {
		what += ", its numbers in percent"
	}
	m.what = m.text.wrap(what+".", m.width-2*margin)
	m.top = margin + len(m.titles)*m.title.height + len(m.what)*m.text.height + gap
	if m.named {
		m.top += m.text.height + gap // for the columns' numbers
	}
	return m
}

func (m *matrix) draw() *image.RGBA {
	bottom := m.top + len(m.classes)*m.cell + margin
	img := image.NewRGBA(image.Rect(0, 0, m.width, bottom+scaleHeight+gap+m.text.height+margin))
	draw.Draw(img, img.Rect, image.White, image.Point{}, draw.Src)
	y := m.title.write(img, margin, margin, black, m.titles...)
	m.text.write(img, margin, y, dim, m.what...)
	for i, row := range m.counts {
		total := 0
		for _, n := range row {
			total += n
		}
		for j, n := range row {
			m.drawCell(img, i, j, float64(n)/float64(max(total, 1)))
		}
		if m.named {
			m.name(img, i)
		}
	}
	m.scale(img, bottom)
	return img
}

func (m *matrix) drawCell(img *image.RGBA, row, column int, share float64) {
	at := image.Rect(0, 0, m.cell, m.cell).Add(image.Pt(m.left+column*m.cell, m.top+row*m.cell))
	inside := at
	if m.named {
		inside.Max = inside.Max.Sub(image.Pt(1, 1)) // a line between cells
	}
	draw.Draw(img, inside, image.NewUniform(Viridis(share)), image.Point{}, draw.Src)
	if !m.named || share < .005 {
		return
	}
	ink := color.RGBA(white)
	if share > .6 {
		ink = black
	}
	m.text.centre(
		img, at.Min.X, at.Min.Y+(m.cell-m.text.height)/2, m.cell, ink,
		fmt.Sprintf("%.0f", 100*share),
	)
}

// name labels a class: its number and name at its row, its number at its column.
func (m *matrix) name(img *image.RGBA, i int) {
	label := m.text.shorten(m.label(i), m.nameWidth)
	m.text.write(
		img, m.left-gap-m.text.width(label), m.top+i*m.cell+(m.cell-m.text.height)/2, black, label,
	)
	m.text.centre(img, m.left+i*m.cell, m.top-m.text.height-gap, m.cell, black, fmt.Sprint(i))
}

// label is the number and the name of a class.
func (m *matrix) label(i int) string { return fmt.Sprintf("%d %s", i, m.classes[i]) }

// scale explains the colours.
func (m *matrix) scale(img *image.RGBA, y int) {
	width := m.width - m.left - margin
	for x := range width {
		ink := image.NewUniform(Viridis(float64(x) / float64(width-1)))
		draw.Draw(
			img, image.Rect(m.left+x, y, m.left+x+1, y+scaleHeight), ink, image.Point{}, draw.Src,
		)
	}
	m.text.write(img, m.left, y+scaleHeight+gap, dim, "0 %")
	m.text.write(img, m.left+width-m.text.width("100 %"), y+scaleHeight+gap, dim, "100 %")
}
