package ablate

import (
	"fmt"
	"image/color"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
)

// measure is an axis: a label and a row's value on it.
type measure struct {
	label string
	of    func(Row) Stat
	least float64 // the shortest range shown, for equal values; 0 takes a tenth of the value
}

var (
	linearMeasure  = measure{"linear probe accuracy (%)", func(r Row) Stat { return r.Linear.times(100) }, 1}
	knnMeasure     = measure{"kNN accuracy (%)", func(r Row) Stat { return r.KNN.times(100) }, 1}
	decoderMeasure = measure{"decoder size (parameters)", func(r Row) Stat { return Stat{Mean: float64(r.DecoderParameters)} }, 0}
	secondsMeasure = measure{"time of pretraining (s)", func(r Row) Stat { return Stat{Mean: r.Seconds.Mean} }, 0}
)

func (s *Stat) times(f float64) Stat {
	scaled := Stat{Mean: f * s.Mean}
	if s.SD != nil {
		sd := f * *s.SD
		scaled.SD = &sd
	}
	return scaled
}

// logFrom is the ratio of largest to smallest value from which the axis of x is logarithmic.
const logFrom = 8

// panel plots y against x for the rows that are done.
func (t *Table) panel(done []int, x, y measure) (*plot.Plot, error) {
	p := plot.New()
	p.X.Label.Text, p.Y.Label.Text = x.label, y.label
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		a.Label.TextStyle.Font.Size, a.Tick.Label.Font.Size = 12, 11
		a.Label.Padding = vg.Points(4)
	}
	lines := plotter.NewGrid()
	lines.Horizontal.Color, lines.Vertical.Color = color.Gray{0xe0}, color.Gray{0xe0}
	p.Add(lines)
	var xs, ys []float64
	for _, i := range done {
		at, value := x.of(t.Rows[i]), y.of(t.Rows[i])
		if err := addPoint(p, i, at.Mean, value); err != nil {
			return nil, fmt.Errorf("%s: %w", t.Rows[i].Name, err)
		}
		xs, ys = append(xs, at.Mean), append(ys, value.Mean)
		if value.SD != nil {
			ys = append(ys, value.Mean-*value.SD, value.Mean+*value.SD)
		}
	}
	setRange(&p.X, xs, x.least, true)
	setRange(&p.Y, ys, y.least, false)
	return p, nil
}

// addPoint draws the i-th cell's mark and its deviation.
func addPoint(p *plot.Plot, i int, x float64, y Stat) error {
	at := plotter.XYs{{X: x, Y: y.Mean}}
	scatter, err := plotter.NewScatter(at)
	if err != nil {
		return err
	}
	scatter.GlyphStyle = glyph(i)
	if y.SD != nil {
		bars, err := plotter.NewYErrorBars(struct {
			plotter.XYer
			plotter.YErrorer
		}{at, plotter.YErrors{{Low: *y.SD, High: *y.SD}}})
		if err != nil {
			return err
		}
		bars.LineStyle.Color, bars.LineStyle.Width = glyph(i).Color, vg.Points(1.2)
		p.Add(bars)
	}
	p.Add(scatter)
	return nil
}

// setRange gives an axis some room around its values, and a logarithmic scale where allowed and the values ask for it.
func setRange(a *plot.Axis, values []float64, least float64, mayLog bool) {
	low, high := values[0], values[0]
	for _, v := range values {
		low, high = min(low, v), max(high, v)
	}
	if mayLog && low > 0 && high/low >= logFrom {
		a.Scale, a.Tick.Marker = plot.LogScale{}, niceTicks{log: true}
		a.Min, a.Max = low/1.5, high*1.5
		return
	}
	if least == 0 {
		least = max(high/10, 1e-9)
	}
	room := 0.1 * (high - low)
	if short := least - (high - low); short > 0 {
		room = max(room, short/2)
	}
	a.Min, a.Max, a.Tick.Marker = low-room, high+room, niceTicks{}
}
