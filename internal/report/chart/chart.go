// Package chart draws what is compared, runs over time or cells of a sweep, as panels of lines or
// marks in one look: each thing has its colour, dashes and mark in every panel and in the legend
// above them. The same sheet gives the same bytes.
//
// Reading order: chart.go (what is drawn), panel.go (one panel), smooth.go (lines of many points),
// axis.go (ranges and ticks), series.go (colours and marks), sheet.go (where everything goes).
package chart

import (
	"bytes"
	"fmt"
	"image/color"
	"strings"

	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Sheet is a picture of panels.
type Sheet struct {
	Title, Note string
	Series      []string // names of what is compared; Line and Mark give their index
	Panels      []Panel
	Columns     int // of panels, filled row by row; at least 1
}

// Panel shows one quantity against another.
type Panel struct {
	Title string
	X, Y  Axis
	Lines []Line
	Marks []Mark
}

// Axis is a direction of a panel. Label has the quantity's unit.
type Axis struct {
	Label string
	Zero  bool // the range begins at 0
	// the least ratio of largest to smallest value that makes the scale logarithmic; 0 = never
	Log  float64
	Bare bool // no ticks: a value is a place and nothing else
	// the shortest range, so that equal values do not look different; 0 takes a tenth of the value
	Least float64
}

// XY is a point of a line.
type XY = plotter.XY

// Line is a series over x. Smooth draws a line of many points pale and its moving mean over it.
// Plain is a thin line without marks, between Marks.
// Band, of as many points, is how far values lie from it to either side.
type Line struct {
	Series        int
	Points        []XY
	Band          []float64
	Smooth, Plain bool
}

// Mark is one value of a series, with a bar of SD to either side where that is above 0.
type Mark struct {
	Series   int
	X, Y, SD float64
}

// SVG is the panel alone, as an element of an HTML page: the page has its legend.
func (p Panel) SVG() (string, error) {
	c := vgsvg.New(panelWidth, panelHeight)
	p.plot().Draw(draw.Crop(draw.New(c), 2, -6, 2, -2))
	return element(c)
}

// Sample is the mark of a series, as an element of an HTML page's legend.
func Sample(series int) (string, error) {
	c := vgsvg.New(14, 12)
	canvas := draw.New(c)
	canvas.DrawGlyph(glyph(series), vg.Point{X: 7, Y: 6})
	return element(c)
}

// element is a drawing without the head that a file has.
func element(c *vgsvg.Canvas) (string, error) {
	var content bytes.Buffer
	if _, err := c.WriteTo(&content); err != nil {
		return "", fmt.Errorf("chart: draw: %w", err)
	}
	text := content.String()
	return text[strings.Index(text, "<svg"):], nil
}

// Draw encodes a sheet that has a panel; format is ".png" or ".svg".
func (s Sheet) Draw(format string) ([]byte, error) {
	const dotsPerInch = 100
	var content bytes.Buffer
	var err error
	p := newPage(s)
	switch format {
	case ".svg":
		c := vgsvg.New(p.width, p.height)
		p.draw(draw.New(c))
		_, err = c.WriteTo(&content)
	case ".png":
		c := vgimg.NewWith(
			vgimg.UseWH(p.width, p.height), vgimg.UseDPI(dotsPerInch),
			vgimg.UseBackgroundColor(color.White),
		)
		p.draw(draw.New(c))
		_, err = vgimg.PngCanvas{Canvas: c}.WriteTo(&content)
	default:
		return nil, fmt.Errorf("chart: draw: format %q is not one of .png, .svg", format)
	}
	if err != nil {
		return nil, fmt.Errorf("chart: draw %s: %w", format, err)
	}
	return content.Bytes(), nil
}
