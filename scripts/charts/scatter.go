package main

import (
	"bytes"
	"fmt"
	"math"
	"slices"
)

// scatter is numbered points, x on a logarithmic scale, y on one of each panel's own.
type scatter struct {
	title  string
	panels []string // what each measures
	points []point
}

// point is a row of the legend, which every panel shows by its number.
type point struct {
	name, colour string
	x            float64
	y            []float64 // in each panel
}

// In units of the drawing of a scatter.
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
	for i, p := range s.points {
		x := margin + radius + float64(i%inRow)*(across-2*margin)/inRow
		y := 52 + float64(i/inRow)*24
		dot(&b, x, y, i, p.colour)
		text(&b, x+radius+6, y+4.5, "", p.name)
	}
	w := float64(across-2*margin-gap*(len(s.panels)-1)) / float64(len(s.panels))
	for i := range s.panels {
		s.panel(&b, i, margin+float64(i)*(w+gap), w)
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}

// panel draws the nth panel from x on, w wide.
func (s scatter) panel(b *bytes.Buffer, n int, x, w float64) {
	const side = 34 // for the numbers of the scale
	text(b, x+w/2, ceiling-14, `text-anchor="middle" font-weight="600"`, s.panels[n])
	var xs, ys []float64
	for _, p := range s.points {
		xs, ys = append(xs, p.x), append(ys, p.y[n])
	}
	low, high := math.Floor(slices.Min(ys)-.3), math.Ceil(slices.Max(ys)+.3)
	left, right := math.Log(slices.Min(xs)/1.08), math.Log(slices.Max(xs)*1.08)
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
	for i, p := range s.points {
		at := place{atX(p.x), atY(p.y[n])}
		for slices.ContainsFunc(taken, func(t place) bool {
			return math.Hypot(at.x-t.x, at.y-t.y) < 1.2*radius
		}) {
			at.x += radius / 2 // until both numbers can be read
		}
		taken = append(taken, at)
		dot(b, at.x, at.y, i, p.colour)
	}
}

// dot draws a numbered point, counted from 0 and shown from 1.
func dot(b *bytes.Buffer, x, y float64, i int, colour string) {
	fmt.Fprintf(b, `<circle cx="%.1f" cy="%.1f" r="%g" fill="%s" fill-opacity=".88"/>`+"\n",
		x, y, radius, colour)
	text(b, x, y+3.6, `text-anchor="middle" font-size="10.5" fill="#fff"`, fmt.Sprint(i+1))
}
