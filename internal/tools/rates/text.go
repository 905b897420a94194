package rates

import (
	"fmt"
	"io"

	"cmae/internal/report/chart"
)

// WriteText writes what the test says.
func (r *Result) WriteText(out io.Writer) {
	fmt.Fprintf(
		out, "%d rates in %.1f epochs of batch %d\n", len(r.Points), r.Epochs, r.BatchSize,
	)
	if r.Fastest == 0 {
		fmt.Fprintln(out, "the loss never fell: try lower rates with --low, or more --steps")
		return
	}
	fmt.Fprintf(
		out, "the loss falls fastest at optim.base_lr %.2g and is lowest at %.2g", r.Fastest,
		r.Lowest,
	)
	if r.Breaks > 0 {
		fmt.Fprintf(out, "; it breaks at %.2g", r.Breaks)
	}
	fmt.Fprintln(out, "\nrates worth trying lie between the first two, nearer to the first")
}

// Draw makes a picture of the losses over the rates.
func (r *Result) Draw(title, format string) ([]byte, error) {
	var raw, smooth []chart.XY
	for _, p := range r.Points {
		raw = append(raw, chart.XY{X: p.BaseLR, Y: p.Loss})
		smooth = append(smooth, chart.XY{X: p.BaseLR, Y: p.Smooth})
	}
	panel := chart.Panel{
		Title: "loss of one step a rate", X: chart.Axis{Label: "optim.base_lr", Log: 2},
		Y: chart.Axis{Label: "loss"},
		Lines: []chart.Line{
			{Series: 1, Points: raw, Plain: true}, {Series: 0, Points: smooth},
		},
	}
	if r.Fastest > 0 {
		panel.Marks = []chart.Mark{{Series: 2, X: r.Fastest, Y: r.near(r.Fastest)}}
	}
	return chart.Sheet{
		Title: title, Series: []string{"moving mean", "loss", "falls fastest"},
		Panels: []chart.Panel{panel}, Columns: 1,
	}.Draw(format)
}

// near is the smooth loss at a rate.
func (r *Result) near(rate float64) float64 {
	for _, p := range r.Points {
		if p.BaseLR >= rate {
			return p.Smooth
		}
	}
	return r.Points[0].Smooth
}
