package ablate

import (
	"slices"

	"cmae/internal/report/chart"
)

// cost is what a cell takes, an axis of the picture.
type cost struct {
	label string
	of    func(Row) float64
}

// costs are the costs of pretraining: of its decoder, in operations, and by the clock.
var costs = []cost{
	{"decoder size, parameters", func(r Row) float64 { return float64(r.DecoderParameters) }},
	{"compute of pretraining, GFLOP", func(r Row) float64 { return float64(r.RunFLOPs) / 1e9 }},
	{"time of pretraining, s", func(r Row) float64 { return r.Seconds.Mean }},
}

// logCost is the ratio of largest to smallest cost from which its axis is logarithmic.
const logCost = 8

// drawPNG shows the accuracy of each evaluator, of the cells side by side and against what they
// cost; nil when no run is evaluated.
func (t *Table) drawPNG() ([]byte, error) {
	var evaluated []Row
	s := chart.Sheet{Title: "Ablation: " + t.Name}
	for _, r := range t.Rows {
		if len(r.Accuracy) > 0 {
			evaluated, s.Series = append(evaluated, r), append(s.Series, r.Name)
		}
	}
	if len(evaluated) == 0 {
		return nil, nil
	}
	s.Note = t.scope(evaluated)
	s.Panels = t.panels(evaluated)
	s.Columns = len(s.Panels) / len(t.Evaluators)
	return s.Draw(".png")
}

// panels are as many for each evaluator: the cells side by side, or against each number that was
// swept, and against their costs.
func (t *Table) panels(evaluated []Row) (all []chart.Panel) {
	shown, numbers := differing(evaluated), swept(evaluated)
	for _, e := range t.Evaluators {
		if len(numbers) == 0 {
			beside := chart.Axis{Label: "cell, in the order above", Bare: true}
			all = append(
				all, e.panel(evaluated, beside, func(i int) float64 { return float64(i) }),
			)
		}
		for _, k := range numbers {
			all = append(all, k.panel(e, func(r Row) int {
				return slices.IndexFunc(evaluated, func(o Row) bool { return o.Name == r.Name })
			}))
		}
		for _, x := range shown {
			all = append(
				all,
				e.panel(
					evaluated, chart.Axis{Label: x.label, Log: logCost},
					func(i int) float64 { return x.of(evaluated[i]) },
				),
			)
		}
	}
	return all
}

// panel shows the accuracies of rows, with their deviation over seeds, at the places at.
func (e Evaluator) panel(rows []Row, x chart.Axis, at func(row int) float64) chart.Panel {
	p := chart.Panel{X: x, Y: chart.Axis{Label: e.title() + " accuracy, %", Least: 1}}
	for i, r := range rows {
		if a := r.Accuracy[e]; a != nil {
			p.Marks = append(
				p.Marks, chart.Mark{Series: i, X: at(i), Y: 100 * a.Mean, SD: 100 * a.deviation()},
			)
		}
	}
	return p
}

// differing are the costs in which the cells differ; all where they differ in none.
func differing(rows []Row) (some []cost) {
	for _, c := range costs {
		for _, r := range rows {
			if c.of(r) != c.of(rows[0]) {
				some = append(some, c)
				break
			}
		}
	}
	if len(some) == 0 {
		return costs
	}
	return some
}
