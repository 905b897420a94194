package picture

import (
	"golang.org/x/image/font"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"cmae/internal/trainer"
)

// panel is one quantity over time.
type panel struct {
	title, unit string
	value       func(trainer.Row) *float64
	smooth      bool // draw a moving mean over the single steps
}

// panels are the quantities that runs can show, in order.
func panels() []panel {
	term := func(name string) func(trainer.Row) *float64 {
		return func(r trainer.Row) *float64 {
			if v, ok := r.Terms[name]; ok {
				return &v
			}
			return nil
		}
	}
	total := func(r trainer.Row) *float64 {
		if r.Event == "step" {
			return r.Loss
		}
		return nil
	}
	percent := func(accuracy func(trainer.Row) *float64) func(trainer.Row) *float64 {
		return func(r trainer.Row) *float64 {
			share := accuracy(r)
			if share == nil {
				return nil
			}
			v := 100 * *share
			return &v
		}
	}
	return []panel{
		{"Total loss", "weighted sum of the terms", total, true},
		{"Reconstruction, L_con", "mean squared error a value", term("con"), true},
		{"Location, L_loc", "loss a visible token", term("loc"), true},
		{"Contrast, L_ctr", "InfoNCE, nats", term("ctr"), true},
		{"Learning rate", "step size of the optimizer", func(r trainer.Row) *float64 { return r.LR }, false},
		{"Gradient norm", "L2 norm before clipping", func(r trainer.Row) *float64 { return r.GradNorm }, true},
		{"kNN on the test images", "accuracy, %", percent(func(r trainer.Row) *float64 { return r.Accuracy }), false},
		{"Classifier on the test images", "accuracy, %", percent(func(r trainer.Row) *float64 { return r.TestAccuracy }), false},
	}
}

// mostPoints bounds what a line is drawn with: more would only make the file large.
const mostPoints = 1500

// points are a run's values of a panel over x, where it has any, averaged over neighbours if they are too many.
func (p panel) points(h *history, x func(trainer.Row) float64) plotter.XYs {
	var all plotter.XYs
	for _, r := range h.rows {
		if v := p.value(r); v != nil {
			all = append(all, plotter.XY{X: x(r), Y: *v})
		}
	}
	bin := (len(all) + mostPoints - 1) / mostPoints
	if bin < 2 {
		return all
	}
	var few plotter.XYs
	for from := 0; from < len(all); from += bin {
		few = append(few, meanOf(all[from:min(from+bin, len(all))]))
	}
	return few
}

func meanOf(points plotter.XYs) plotter.XY {
	var mean plotter.XY
	for _, q := range points {
		mean.X += q.X / float64(len(points))
		mean.Y += q.Y / float64(len(points))
	}
	return mean
}

// smoothed reports whether so many points are better read as a moving mean.
func (p panel) smoothed(points plotter.XYs) bool { return p.smooth && len(points) >= 2*smoothing }

// smoothing is the share of a line, one in so many, to either side that a moving mean takes in.
const smoothing = 80

// moving replaces every value by the mean of its neighbourhood, an eightieth of the line to either side.
func moving(points plotter.XYs) plotter.XYs {
	reach := len(points) / smoothing
	out := make(plotter.XYs, len(points))
	for i, q := range points {
		near := min(reach, i, len(points)-1-i)
		out[i] = plotter.XY{X: q.X, Y: meanOf(points[i-near : i+near+1]).Y}
	}
	return out
}

// plot draws the panel for runs, each in its colour; nil if none has a value.
func (p panel) plot(runs []*history, axis axis) *plot.Plot {
	chart := plot.New()
	style(chart, p.title, axis.label, p.unit)
	chart.X.Min = 0
	chart.Add(grid())
	empty := true
	for i, h := range runs {
		points := p.points(h, axis.of(h))
		if len(points) == 0 {
			continue
		}
		empty = false
		ink := runColours[i%len(runColours)]
		if p.smoothed(points) {
			chart.Add(&plotter.Line{XYs: points, LineStyle: draw.LineStyle{Color: blend(white, ink, .3), Width: vg.Points(.5)}})
			points = moving(points)
		}
		chart.Add(&plotter.Line{XYs: points, LineStyle: draw.LineStyle{Color: ink, Width: vg.Points(1.75), Dashes: dashes(i)}})
		if len(points) < 30 {
			chart.Add(&plotter.Scatter{XYs: points, GlyphStyle: draw.GlyphStyle{Color: ink, Radius: vg.Points(2.5), Shape: draw.CircleGlyph{}}})
		}
	}
	if empty {
		return nil
	}
	return chart
}

// dashes tell runs of the same colour apart.
func dashes(run int) []vg.Length {
	if run < len(runColours) {
		return nil
	}
	return []vg.Length{vg.Points(5), vg.Points(2)}
}

func grid() *plotter.Grid {
	g := plotter.NewGrid()
	g.Horizontal.Color, g.Vertical.Color = pale, pale
	return g
}

func style(p *plot.Plot, title, x, y string) {
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = title, x, y
	p.Title.TextStyle.Font.Size, p.Title.TextStyle.Font.Weight = 13, font.WeightBold
	p.Title.Padding = vg.Points(4)
	for _, f := range []*draw.TextStyle{&p.Title.TextStyle, &p.X.Label.TextStyle, &p.Y.Label.TextStyle, &p.X.Tick.Label, &p.Y.Tick.Label} {
		f.Font.Variant = "Sans"
		f.Color = black
	}
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		a.Label.TextStyle.Font.Size, a.Tick.Label.Font.Size = 10, 9
		a.Color, a.Tick.Marker = dim, roundTicks{}
	}
}
