package chart

import (
	"image/color"
	"math"

	"golang.org/x/image/font"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// fewPoints is the number of points of a line up to which each is marked.
const fewPoints = 30

// plot lays lines below marks.
func (p Panel) plot() *plot.Plot {
	c := plot.New()
	p.style(c)
	grid := plotter.NewGrid()
	grid.Horizontal.Color, grid.Vertical.Color = pale, pale
	c.Add(grid)
	var xs, ys []float64
	for _, l := range p.Lines {
		for i, q := range l.Points {
			xs, ys = append(xs, q.X), append(ys, q.Y)
			if len(l.Band) > 0 && q.Y > l.Band[i] {
				ys = append(ys, q.Y-l.Band[i], q.Y+l.Band[i])
			}
		}
	}
	for _, m := range p.Marks {
		xs, ys = append(xs, m.X), append(ys, m.Y-m.SD, m.Y+m.SD)
	}
	x, y := p.X.fit(&c.X, xs), p.Y.fit(&c.Y, ys) // Add widens an axis only where it has to
	for _, l := range p.Lines {
		l.addTo(c, x, y)
	}
	for _, m := range p.Marks {
		m.addTo(c, x, y)
	}
	return c
}

// addTo draws a line. Means are of the values, whatever the scale.
func (l Line) addTo(c *plot.Plot, x, y scale) {
	place := func(points plotter.XYs) plotter.XYs {
		placed := make(plotter.XYs, len(points))
		for i, q := range points {
			placed[i] = XY{X: x(q.X), Y: y(q.Y)}
		}
		return placed
	}
	l.addBand(c, x, y)
	points := l.thinned()
	if l.Plain {
		thin := stroke(l.Series, vg.Points(1))
		thin.Color, thin.Dashes = dim, nil
		c.Add(&plotter.Line{XYs: place(points), LineStyle: thin})
		return
	}
	if l.smoothed() {
		faint := stroke(l.Series, vg.Points(.5))
		full := colour(l.Series)
		faint.Color, faint.Dashes = color.NRGBA{full.R, full.G, full.B, 0x50}, nil
		c.Add(&plotter.Line{XYs: place(points), LineStyle: faint})
		points = moving(points)
	}
	c.Add(&plotter.Line{XYs: place(points), LineStyle: stroke(l.Series, vg.Points(1.75))})
	if len(points) < fewPoints {
		dot := draw.GlyphStyle{
			Color: colour(l.Series), Radius: vg.Points(2.5), Shape: draw.CircleGlyph{},
		}
		c.Add(&plotter.Scatter{XYs: place(points), GlyphStyle: dot})
	}
}

// addBand fills what lies within the band. On a logarithmic scale it stays above 0.
func (l Line) addBand(c *plot.Plot, x, y scale) {
	if len(l.Band) == 0 {
		return
	}
	rim := make(plotter.XYs, 2*len(l.Points))
	for i, q := range l.Points {
		low := q.Y - l.Band[i]
		if math.IsNaN(y(low)) || math.IsInf(y(low), 0) {
			low = q.Y / 10
		}
		rim[i] = XY{X: x(q.X), Y: y(q.Y + l.Band[i])}
		rim[len(rim)-1-i] = XY{X: x(q.X), Y: y(low)}
	}
	full := colour(l.Series)
	c.Add(&plotter.Polygon{
		XYs: []plotter.XYs{rim}, Color: color.NRGBA{full.R, full.G, full.B, 0x30},
	})
}

func (m Mark) addTo(c *plot.Plot, x, y scale) {
	at := plotter.XYs{{X: x(m.X), Y: y(m.Y)}}
	if m.SD > 0 {
		bar := stroke(m.Series, vg.Points(1.2))
		bar.Dashes = nil
		ends := plotter.YErrors{{Low: at[0].Y - y(m.Y-m.SD), High: y(m.Y+m.SD) - at[0].Y}}
		c.Add(&plotter.YErrorBars{XYs: at, YErrors: ends, LineStyle: bar, CapWidth: vg.Points(5)})
	}
	c.Add(&plotter.Scatter{XYs: at, GlyphStyle: glyph(m.Series)})
}

func (p Panel) style(c *plot.Plot) {
	c.Title.Text, c.X.Label.Text, c.Y.Label.Text = p.Title, p.X.Label, p.Y.Label
	c.Title.TextStyle.Font.Size, c.Title.TextStyle.Font.Weight = 13, font.WeightBold
	c.Title.Padding = vg.Points(4)
	for _, f := range []*draw.TextStyle{
		&c.Title.TextStyle, &c.X.Label.TextStyle, &c.Y.Label.TextStyle, &c.X.Tick.Label,
		&c.Y.Tick.Label,
	} {
		f.Font.Variant = "Sans"
		f.Color = ink
	}
	for _, a := range []*plot.Axis{&c.X, &c.Y} {
		a.Label.TextStyle.Font.Size, a.Tick.Label.Font.Size = 10, 9
		a.Label.Padding, a.Color = vg.Points(3), dim
	}
}
