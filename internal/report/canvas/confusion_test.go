package canvas

import (
	"fmt"
	"image/color"
	"slices"
	"strings"
	"testing"
)

// TestConfusion: a cell has the colour of its share of the row, with few classes and with many, and
// a class without images is no division by zero.
func TestConfusion(t *testing.T) {
	for _, n := range []int{2, mostNamed, 200} {
		classes, counts := make([]string, n), make([][]int, n)
		for i := range classes {
			classes[i] = fmt.Sprintf("a class with a rather long name %d", i)
			counts[i] = make([]int, n)
		}
		counts[0][0], counts[0][1] = 30, 10
		m := newMatrix("title", classes, counts)
		img := m.draw()
		for column, share := range map[int]float64{0: .75, 1: .25} {
			corner := img.RGBAAt(m.left+column*m.cell+1, m.top+1)
			if corner != Viridis(share) {
				t.Errorf("%d classes, column %d: %v, want %v", n, column, corner, Viridis(share))
			}
		}
		if got := img.RGBAAt(m.left+1, m.top+m.cell+1); got != Viridis(0) {
			t.Errorf("%d classes: a class without images is %v", n, got)
		}
		if edge := img.RGBAAt(
			img.Rect.Dx()-1, img.Rect.Dy()-1,
		); edge != (color.RGBA{0xff, 0xff, 0xff, 0xff}) {
			t.Errorf("%d classes: the margin is %v", n, edge)
		}
	}
}

// TestConfusionFits: with few classes of long names, nothing is written beyond the picture.
func TestConfusionFits(t *testing.T) {
	classes := make([]string, 8)
	counts := make([][]int, 8)
	for i := range classes {
		classes[i] = strings.Repeat("long name ", i+1)
		counts[i] = make([]int, 8)
	}
	m := newMatrix("a run of a long name: accuracy 0.1234", classes, counts)
	for _, line := range slices.Concat(m.titles, m.what) {
		if w := m.text.width(line); margin+w > m.width {
			t.Errorf("%q is %d px wide in a picture of %d", line, w, m.width)
		}
	}
	if m.left-margin > mostName+gap ||
		m.text.width(m.text.shorten(m.label(7), m.nameWidth)) > m.nameWidth {
		t.Error("a name has more room than the picture")
	}
}
