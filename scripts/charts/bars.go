package main

import (
	"bytes"
	"fmt"
	"math"
	"slices"
)

// barChart is bars in panels side by side, each panel with its scale.
type barChart struct {
	title  string
	bars   []bar // of every group
	panels []panel
}

type bar struct{ name, colour string }

type panel struct {
	title  string
	groups []group
}

type group struct {
	name   string
	values []measured // of each bar; a mean of 0 where there is none
}

type measured struct {
	mean float64
	each []float64
}

func (m measured) highest() float64 {
	return slices.Max(append([]float64{m.mean}, m.each...))
}

// In units of the drawing of a bar chart, which is as wide as its groups need.
const (
	least, height = 860, 316
	top, bottom   = 116, 280
	narrowest     = 120 // a group whose bars have room for their numbers
)

// svg draws the panels, their groups and the legend.
func (c barChart) svg() []byte {
	groups := 0
	for _, p := range c.panels {
		groups += len(p.groups)
	}
	between := gap * (len(c.panels) - 1)
	width := max(least, 2*margin+between+narrowest*groups)
	var b bytes.Buffer
	card(&b, width, height, c.title)
	x := float64(margin)
	for _, bar := range c.bars {
		const square = `<rect x="%.0f" y="42" width="12" height="12" fill="%s"/>` + "\n"
		fmt.Fprintf(&b, square, x, bar.colour)
		text(&b, x+18, 53, "", bar.name)
		x += 44 + 7*float64(len(bar.name))
	}
	free := float64(width - 2*margin - between)
	x = margin
	for _, p := range c.panels {
		w := free * float64(len(p.groups)) / float64(groups)
		c.panel(&b, p, x, w)
		x += w + gap
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}

// panel draws a panel from x on, w wide.
func (c barChart) panel(b *bytes.Buffer, p panel, x, w float64) {
	highest := 0.0
	for _, g := range p.groups {
		for _, m := range g.values {
			highest = math.Max(highest, m.highest())
		}
	}
	scale := (bottom - top) / highest
	text(b, x+w/2, 82, `text-anchor="middle" font-weight="600"`, p.title)
	each := w / float64(len(p.groups))
	for i, g := range p.groups {
		left := x + each*float64(i)
		shown := 0
		for _, m := range g.values {
			if m.mean > 0 {
				shown++
			}
		}
		wide := math.Min(52, each*.86/float64(len(g.values)))
		at := left + each/2 - wide*float64(shown)/2
		for j, m := range g.values {
			if m.mean > 0 {
				column(b, m, at, wide, scale, c.bars[j].colour)
				at += wide
			}
		}
		text(b, left+each/2, bottom+20, `text-anchor="middle"`, g.name)
	}
	fmt.Fprintf(b, `<path d="M%.1f %dh%.1f" stroke="#777"/>`+"\n", x, bottom, w)
}

// column draws a bar to the mean, its number, and a dot for each measurement.
func column(b *bytes.Buffer, m measured, x, wide, scale float64, colour string) {
	fmt.Fprintf(b, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="%s"/>`+"\n",
		x+1, bottom-m.mean*scale, wide-2, m.mean*scale, colour)
	for i, v := range m.each {
		fmt.Fprintf(b, `<circle cx="%.1f" cy="%.1f" r="2.2" fill="#222"/>`+"\n",
			x+wide*float64(i+1)/float64(len(m.each)+1), bottom-v*scale)
	}
	text(b, x+wide/2, bottom-m.highest()*scale-6, `text-anchor="middle" font-size="11"`,
		fmt.Sprintf("%.1f", m.mean))
}
