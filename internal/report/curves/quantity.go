package curves

import (
	"maps"
	"slices"

	"cmae/internal/losses"
	"cmae/internal/report/chart"
	"cmae/internal/rundir"
)

// quantity is a value that rows of metrics may have.
type quantity struct {
	title, unit string
	name        string  // of the value, in the rows that show it
	share       bool    // of 1, drawn in percent
	noisy       bool    // a single step says little
	log         float64 // see chart.Axis
	least       float64 // likewise
}

// logFrom is the ratio of a loss's largest to smallest value from which its first steps would hide
// all that follows.
const logFrom = 20

// quantities are what runs can show, in order. Terms of the loss that the methods describe have
// their titles and units; others that a run has written go by their names.
func quantities(terms []losses.Term, runs []*history) []quantity {
	loss := func(title, unit, name string) quantity {
		return quantity{title: title, unit: unit, name: name, noisy: true, log: logFrom}
	}
	accuracy := func(title, name string) quantity {
		return quantity{title: title, unit: "accuracy, %", name: name, share: true, least: 1}
	}
	all := []quantity{loss("Total loss", "weighted sum of the terms", rundir.Loss)}
	described := map[string]bool{}
	for _, t := range terms {
		described[t.Name] = true
		all = append(all, loss(t.Title, t.Unit, rundir.Terms+"."+t.Name))
	}
	for _, name := range termsOf(runs) {
		if !described[name] {
			all = append(all, loss(name, "loss", rundir.Terms+"."+name))
		}
	}
	return append(
		all,
		quantity{
			title: "Learning rate", unit: "step size of the optimizer", name: rundir.LearningRate,
		},
		loss("Gradient norm", "L2 norm before clipping", rundir.GradNorm),
		quantity{
			title: "Speed", unit: "images a second", name: rundir.ImagesPerSecond, noisy: true,
		},
		accuracy("kNN on the test images", rundir.KNNAccuracy),
		accuracy("Classifier on the test images", rundir.TestAccuracy),
	)
}

// termsOf lists the terms of the loss that any run has written, by name.
func termsOf(runs []*history) []string {
	seen := map[string]bool{}
	for _, h := range runs {
		for _, r := range h.rows {
			for name := range r.Group(rundir.Terms) {
				seen[name] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

// of is the quantity in a row; ok is false where the row has none. The loss is shown of single
// steps: an epoch's row has their mean.
func (q quantity) of(r rundir.Row) (value float64, ok bool) {
	if value, ok = r.Values[q.name]; q.name == rundir.Loss && r.Event != rundir.StepEvent {
		return 0, false
	}
	if q.share {
		value *= 100
	}
	return value, ok
}

// panel has a line for every run that has a value.
func (q quantity) panel(runs []*history, time axis) chart.Panel {
	p := chart.Panel{
		Title: q.title, X: chart.Axis{Label: time.label, Zero: true}, Y: chart.Axis{
			Label: q.unit, Log: q.log, Least: q.least,
		},
	}
	for i, h := range runs {
		line := chart.Line{Series: i, Smooth: q.noisy, Points: q.points(h, time)}
		if len(h.others) > 0 {
			line = q.overSeeds(h, time, i)
		}
		if len(line.Points) > 0 {
			p.Lines = append(p.Lines, line)
		}
	}
	return p
}
