package curves

import (
	"cmae/internal/report/chart"
	"cmae/internal/rundir"
)

// quantity is what rows of metrics may have a value of.
type quantity struct {
	title, unit string
	value       func(rundir.Row) *float64
	noisy       bool    // a single step says little
	log         float64 // see chart.Axis
	least       float64 // likewise
}

// logFrom is the ratio of a loss's largest to smallest value from which its first steps would hide
// all that follows.
const logFrom = 20

// quantities are what runs can show, in order.
func quantities() []quantity {
	loss := func(title, unit string, value func(rundir.Row) *float64) quantity {
		return quantity{title, unit, value, true, logFrom, 0}
	}
	term := func(name string) func(rundir.Row) *float64 {
		return func(r rundir.Row) *float64 {
			if v, ok := r.Terms[name]; ok {
				return &v
			}
			return nil
		}
	}
	total := func(r rundir.Row) *float64 {
		if r.Event == "step" {
			return r.Loss
		}
		return nil
	}
	accuracy := func(title string, share func(rundir.Row) *float64) quantity {
		return quantity{title: title, unit: "accuracy, %", least: 1, value: func(r rundir.Row) *float64 {
			if share(r) == nil {
				return nil
			}
			v := 100 * *share(r)
			return &v
		}}
	}
	return []quantity{
		loss("Total loss", "weighted sum of the terms", total),
		loss("Reconstruction, L_con", "mean squared error a value", term("con")),
		loss("Location, L_loc", "loss a visible token", term("loc")),
		loss("Contrast, L_ctr", "InfoNCE, nats", term("ctr")),
		{
			title: "Learning rate", unit: "step size of the optimizer",
			value: func(r rundir.Row) *float64 { return r.LR },
		},
		loss(
			"Gradient norm", "L2 norm before clipping",
			func(r rundir.Row) *float64 { return r.GradNorm },
		),
		accuracy("kNN on the test images", func(r rundir.Row) *float64 { return r.Accuracy }),
		accuracy(
			"Classifier on the test images", func(r rundir.Row) *float64 { return r.TestAccuracy },
		),
	}
}

// panel has a line for every run that has a value.
func (q quantity) panel(runs []*history, time axis) chart.Panel {
	p := chart.Panel{
		Title: q.title, X: chart.Axis{Label: time.label, Zero: true}, Y: chart.Axis{
			Label: q.unit, Log: q.log, Least: q.least,
		},
	}
	for i, h := range runs {
		line := chart.Line{Series: i, Smooth: q.noisy}
		for _, r := range h.rows {
			if v := q.value(r); v != nil {
				line.Points = append(line.Points, chart.XY{X: time.of(h, r), Y: *v})
			}
		}
		if len(line.Points) > 0 {
			p.Lines = append(p.Lines, line)
		}
	}
	return p
}
