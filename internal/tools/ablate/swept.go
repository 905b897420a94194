package ablate

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"cmae/internal/report/chart"
)

// sweptKey is a setting that cells give several numbers.
type sweptKey struct {
	key    string
	values []float64 // by row; cells without the key are not in rows
	rows   []Row
	groups []string // by row: what else the cell sets
}

// swept lists the settings that rows give two or more numbers and nothing but numbers, in the order
// in which they come.
func swept(rows []Row) (all []sweptKey) {
	var order []string
	by := map[string]*sweptKey{}
	words := map[string]bool{}
	for _, r := range rows {
		for i, s := range r.Set {
			key, text, _ := strings.Cut(s, "=")
			v, err := strconv.ParseFloat(text, 64)
			if words[key] = words[key] || err != nil; err != nil {
				continue
			}
			k := by[key]
			if k == nil {
				k = &sweptKey{key: key}
				by[key], order = k, append(order, key)
			}
			rest := slices.Concat(r.Set[:i:i], r.Set[i+1:])
			k.rows, k.values = append(k.rows, r), append(k.values, v)
			k.groups = append(k.groups, strings.Join(rest, " "))
		}
	}
	for _, key := range order {
		k := by[key]
		distinct := slices.Compact(slices.Sorted(slices.Values(k.values)))
		if !words[key] && len(distinct) > 1 && k.joined() {
			all = append(all, *k)
		}
	}
	return all
}

// joined reports whether two cells differ in the key and in nothing else.
func (k *sweptKey) joined() bool {
	for i, g := range k.groups {
		if slices.Contains(k.groups[:i], g) {
			return true
		}
	}
	return false
}

// panel shows the accuracies against the setting, a line for cells that are equal otherwise.
// seriesOf is a row's in the legend.
func (k sweptKey) panel(e Evaluator, seriesOf func(Row) int) chart.Panel {
	p := chart.Panel{
		X: chart.Axis{Label: k.key, Log: logCost},
		Y: chart.Axis{Label: e.title() + " accuracy, %", Least: 1},
	}
	done := map[string]bool{}
	for i, g := range k.groups {
		if done[g] {
			continue
		}
		done[g] = true
		line := chart.Line{Series: seriesOf(k.rows[i]), Plain: true}
		for j := i; j < len(k.groups); j++ {
			a := k.rows[j].Accuracy[e]
			if k.groups[j] != g || a == nil {
				continue
			}
			line.Points = append(line.Points, chart.XY{X: k.values[j], Y: 100 * a.Mean})
			p.Marks = append(p.Marks, chart.Mark{
				Series: seriesOf(k.rows[j]),
				X:      k.values[j], Y: 100 * a.Mean, SD: 100 * a.deviation(),
			})
		}
		slices.SortStableFunc(line.Points, func(a, b chart.XY) int { return cmp.Compare(a.X, b.X) })
		if len(line.Points) > 1 {
			p.Lines = append(p.Lines, line)
		}
	}
	return p
}
