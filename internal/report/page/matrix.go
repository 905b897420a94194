package page

import (
	"bytes"
	"cmp"
	"fmt"
	"html/template"
	"image"
	"image/color"
	"image/png"
	"math"
	"slices"
)

// MostNamed is the number of classes up to which a matrix has numbers in its cells and names at its
// sides. A larger one is a picture whose cells a pointer names.
const MostNamed = 24

// Matrix is how often images of each class (rows) were taken for each class (columns).
type Matrix struct {
	Classes []string
	Counts  [][]int
}

// Named says that cells have numbers.
func (m Matrix) Named() bool { return len(m.Classes) <= MostNamed }

// MatrixCell is a cell with a number.
type MatrixCell struct {
	Text, Tip string
	Style     template.CSS
}

// MatrixRow is the images of a class.
type MatrixRow struct {
	Name  string
	Cells []MatrixCell
}

// Table are the rows of a matrix with names.
func (m Matrix) Table() (rows []MatrixRow) {
	for i, counts := range m.Counts {
		row, total := MatrixRow{Name: m.Classes[i]}, m.total(i)
		for j, n := range counts {
			share := float64(n) / float64(total)
			c := MatrixCell{Tip: m.tip(i, j)}
			if n > 0 {
				c.Text = fmt.Sprintf("%.0f", 100*share)
			}
			ink := "#1c2733"
			if share > .55 {
				ink = "#fff"
			}
			at := shade(share, i == j)
			c.Style = template.CSS(
				fmt.Sprintf("background:#%02x%02x%02x;color:%s", at.R, at.G, at.B, ink),
			)
			row.Cells = append(row.Cells, c)
		}
		rows = append(rows, row)
	}
	return rows
}

func (m Matrix) total(class int) int {
	total := 0
	for _, n := range m.Counts[class] {
		total += n
	}
	return max(total, 1)
}

func (m Matrix) tip(i, j int) string {
	return fmt.Sprintf(
		"%s taken for %s: %d of %d", m.Classes[i], m.Classes[j], m.Counts[i][j], m.total(i),
	)
}

// shade is white for 0 and dark for 1: blue for what is right, red for what is mixed up.
func shade(share float64, right bool) color.RGBA {
	full := color.RGBA{0xa5, 0x2a, 0x1f, 0xff}
	if right {
		full = color.RGBA{0x15, 0x55, 0x8f, 0xff}
	}
	mix := func(c uint8) uint8 { return uint8(255 - (255-float64(c))*share + .5) }
	return color.RGBA{mix(full.R), mix(full.G), mix(full.B), 0xff}
}

// URI is a picture of a matrix without numbers, a pixel a cell. Shares of mistakes are small, so
// they are drawn by their square root.
func (m Matrix) URI() template.URL {
	n := len(m.Classes)
	img := image.NewRGBA(image.Rect(0, 0, n, n))
	for i, counts := range m.Counts {
		total := m.total(i)
		for j, count := range counts {
			img.SetRGBA(j, i, shade(math.Sqrt(float64(count)/float64(total)), i == j))
		}
	}
	var text bytes.Buffer
	if err := png.Encode(&text, img); err != nil {
		panic(fmt.Sprintf("page: encode a matrix: %v", err)) // to memory: no write fails
	}
	return URI(text.Bytes())
}

// Mistake is a pair of classes that are mixed up.
type Mistake struct {
	Class, Taken string
	Count, Total int
}

// Share of the images of the class.
func (m Mistake) Share() float64 { return float64(m.Count) / float64(m.Total) }

// Mistakes are the pairs mixed up most, by their share of the class, at most so many.
func (m Matrix) Mistakes(most int) (all []Mistake) {
	for i, counts := range m.Counts {
		for j, n := range counts {
			if i != j && n > 0 {
				all = append(all, Mistake{m.Classes[i], m.Classes[j], n, m.total(i)})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b Mistake) int {
		return cmp.Or(cmp.Compare(b.Share(), a.Share()), cmp.Compare(b.Count, a.Count))
	})
	return all[:min(most, len(all))]
}
