package main

import (
	"bytes"
	"fmt"
	"math"
	"slices"
)

// scatter is points by number, a panel for each thing measured.
type scatter struct {
	title  string
	marks  []mark
	panels []cloud
}

// mark is a name of the legend, which the panels show by its number.
type mark struct{ name, colour string }

// cloud has a point for each mark: x on a logarithmic scale, y on the panel's own.
type cloud struct {
	title string
	x, y  []float64
}

// In units of the drawing.
const (
	across, down  = 1000, 430
	ceiling, base = 164, 380 // of the panels
	radius        = 8.5
	inRow         = 4 // of the legend's names
)

// svg draws the panels and the legend.
func (s scatter) svg() []byte {
	var b bytes.Buffer
	card(&b, across, down, s.title)
	for i, m := range s.marks {
		x := margin + radius + float64(i%inRow)*(across-2*margin)/inRow
		y := 52 + float64(i/inRow)*24
		dot(&b, x, y, i, m.colour)
		text(&b, x+radius+6, y+4.5, "", m.name)
	}
	w := float64(across-2*margin-gap*(len(s.panels)-1)) / float64(len(s.panels))
	for i, p := range s.panels {
		s.panel(&b, p, margin+float64(i)*(w+gap), w)
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}

// panel draws a panel from x on, w wide.
func (s scatter) panel(b *bytes.Buffer, p cloud, x, w float64) {
	const side = 34 // for the numbers of the scale
	text(b, x+w/2, ceiling-14, `text-anchor="middle" font-weight="600"`, p.title)
	low, high := math.Floor(slices.Min(p.y)-.3), math.Ceil(slices.Max(p.y)+.3)
	left, right := math.Log(slices.Min(p.x)/1.08), math.Log(slices.Max(p.x)*1.08)
	atX := func(v float64) float64 { return x + side + (math.Log(v)-left)/(right-left)*(w-side) }
	atY := func(v float64) float64 { return base - (v-low)/(high-low)*(base-ceiling) }
	step := 1.0
	if high-low > 8 {
		step = 2
	}
	for v := math.Ceil(low/step) * step; v <= high; v += step {
		fmt.Fprintf(b, `<path d="M%.1f %.1fH%.1f" stroke="#e4e4e4"/>`+"\n", x+side, atY(v), x+w)
		text(b, x+side-8, atY(v)+4, `text-anchor="end" font-size="11"`, fmt.Sprintf("%.0f", v))
	}
	for _, v := range []float64{25, 50, 75, 100, 150, 200, 250, 300, 400} {
		if l := math.Log(v); l > left && l < right {
			fmt.Fprintf(b, `<path d="M%.1f %dv5" stroke="#777"/>`+"\n", atX(v), base)
			text(b, atX(v), base+20, `text-anchor="middle" font-size="11"`, fmt.Sprintf("%.0f", v))
		}
	}
	fmt.Fprintf(b, `<path d="M%.1f %dH%.1f" stroke="#777"/>`+"\n", x+side, base, x+w)
	type place struct{ x, y float64 }
	var taken []place
	for i, m := range s.marks {
		at := place{atX(p.x[i]), atY(p.y[i])}
		for slices.ContainsFunc(taken, func(t place) bool {
			return math.Hypot(at.x-t.x, at.y-t.y) < 1.2*radius
		}) {
			at.x += radius / 2 // until both numbers can be read
		}
		taken = append(taken, at)
		dot(b, at.x, at.y, i, m.colour)
	}
}

// dot draws a numbered point, counted from 0 and shown from 1.
func dot(b *bytes.Buffer, x, y float64, i int, colour string) {
	fmt.Fprintf(b, `<circle cx="%.1f" cy="%.1f" r="%g" fill="%s" fill-opacity=".88"/>`+"\n",
		x, y, radius, colour)
	text(b, x, y+3.6, `text-anchor="middle" font-size="10.5" fill="#fff"`, fmt.Sprint(i+1))
}
