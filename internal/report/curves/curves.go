// Package curves shows runs over time: what their metrics.jsonl holds, as panels of curves (drawn
// by package chart) or as a table.
//
// Reading order: curves.go (Plot), metrics.go (what a run has written), quantity.go (what is drawn
// of it), seeds.go (runs that differ in their seed), table.go (CSV).
package curves

import (
	"path/filepath"
	"strings"

	"cmae/internal/config"
	"cmae/internal/losses"
	"cmae/internal/report/canvas"
	"cmae/internal/report/chart"
	"cmae/internal/rundir"
)

// Plot draws losses, learning rate, gradient norm and, where it was measured, accuracy of one or
// several folders, of runs or of sweeps, to a .png or .svg file, runs that differ in their seed as
// one curve, or writes all that their metrics hold to a .csv file. terms say how to call the terms
// of the loss.
func Plot(path string, terms []losses.Term, folders ...string) error {
	format := strings.ToLower(filepath.Ext(path))
	if format != ".png" && format != ".svg" && format != ".csv" {
		return &config.Error{
			Where: path, Problem: "a plot must end in .png or .svg, a table in .csv",
		}
	}
	var runs []string
	for _, f := range folders {
		runs = append(runs, runsOf(f)...)
	}
	histories, err := readHistories(runs)
	if err != nil {
		return err
	}
	if format == ".csv" {
		content, err := tableOf(histories)
		if err != nil {
			return err
		}
		return canvas.Save(path, content)
	}
	sheet := chart.Sheet{Title: "Training curves"}
	if all := len(histories); all > 1 {
		if histories = bySeeds(histories, runs); len(histories) < all {
			sheet.Note = "mean over seeds, band: standard deviation"
		}
	}
	for _, h := range histories {
		sheet.Series = append(sheet.Series, h.name)
	}
	if sheet.Panels = panels(terms, histories); len(sheet.Panels) == 0 {
		return &config.Error{
			Where: strings.Join(folders, ", "), Problem: "the metrics have nothing to plot yet",
		}
	}
	sheet.Columns = columns(len(sheet.Panels))
	content, err := sheet.Draw(format)
	if err != nil {
		return err
	}
	return canvas.Save(path, content)
}

// Panels are what Plot draws of one run; none where its metrics have nothing to plot yet.
func Panels(terms []losses.Term, run string) ([]chart.Panel, error) {
	histories, err := readHistories([]string{run})
	if err != nil {
		return nil, err
	}
	return panels(terms, histories), nil
}

func panels(terms []losses.Term, histories []*history) (all []chart.Panel) {
	time := axisOf(histories)
	for _, q := range quantities(terms, histories) {
		if panel := q.panel(histories, time); len(panel.Lines) > 0 {
			all = append(all, panel)
		}
	}
	return all
}

// columns of a sheet with so many panels: as even as it can be, and not wider than a page.
func columns(panels int) int {
	few := []int{1, 2, 3, 2, 3, 3}
	if panels <= len(few) {
		return few[panels-1]
	}
	return 4
}

// axis is time as all runs of a picture have it: epochs, or optimizer steps as long as one run has
// not ended its first epoch.
type axis struct {
	label string
	of    func(*history, rundir.Row) float64
}

func axisOf(histories []*history) axis {
	for _, h := range histories {
		if h.perEpoch == 0 {
			return axis{
				"optimizer steps",
				func(_ *history, r rundir.Row) float64 { return float64(r.Step) },
			}
		}
	}
	return axis{
		"epochs", func(h *history, r rundir.Row) float64 { return float64(r.Step) / h.perEpoch },
	}
}
