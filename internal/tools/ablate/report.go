package ablate

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"cmae/internal/config"
	"cmae/internal/report"
	"cmae/internal/report/chart"
	"cmae/internal/report/page"
	"cmae/internal/rundir"
)

const tableFile = "table.json"

// IsSweep reports whether a folder has the table of a sweep.
func IsSweep(folder string) bool {
	info, err := os.Stat(filepath.Join(folder, tableFile))
	return err == nil && info.Mode().IsRegular()
}

// readTable reads the table of a sweep. It says what had been measured when a process last wrote
// it.
func readTable(folder string) (*Table, error) {
	path := filepath.Join(folder, tableFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, &config.Error{Where: folder, Problem: "is no sweep: it has no table.json"}
	}
	t := &Table{}
	if err == nil {
		err = json.Unmarshal(text, t)
	}
	if err != nil {
		return nil, fmt.Errorf(
			"ablate: read %q: %w; the command of the sweep writes it again", path, err,
		)
	}
	t.Folder = folder
	return t, nil
}

// Report writes the page of a sweep and returns its path.
func Report(folder, tool string) (string, error) {
	t, err := readTable(folder)
	if err != nil {
		return "", err
	}
	path := filepath.Join(folder, rundir.ReportFile)
	return path, errors.Join(t.writePage(path, tool), t.write())
}

func (t *Table) writePage(path, tool string) error {
	p := page.Page{
		Title: "Sweep: " + t.Name, Lead: t.lead(),
		Foot: fmt.Sprintf("Written by %s on %s.", tool, page.Date(time.Now())),
	}
	p.Add("accuracy", "Accuracy", t.accuracies()...)
	charts, err := t.charts()
	if err != nil {
		return err
	}
	p.Add("charts", "Charts", charts...)
	p.Add("cost", "Cost", t.costs())
	p.Add("cells", "What each cell sets", t.cells())
	p.Add("failures", "Failed runs", t.failures()...)
	return p.Write(path)
}

func (t *Table) lead() string {
	runs, left := 0, 0
	for _, r := range t.Rows {
		runs += len(r.Runs)
		left += r.Left
	}
	seeds := make([]string, len(t.Seeds))
	for i, s := range t.Seeds {
		seeds[i] = strconv.FormatUint(s, 10)
	}
	text := fmt.Sprintf("%s with seeds %s; evaluated on %s.",
		report.Count(len(t.Rows), "cell"), strings.Join(seeds, ", "), t.evaluatedOn())
	if left > 0 {
		text += fmt.Sprintf(" %s done, %d to do.", report.Count(runs, "run"), left)
	}
	return text
}

// accuracies is the table with differences to the first cell.
func (t *Table) accuracies() []page.Block {
	table := page.Table{Head: []string{"cell"}}
	for _, e := range t.Evaluators {
		table.Head = append(table.Head, e.title()+", %", "sd", "difference", "p")
	}
	table.Head = append(table.Head, "seeds")
	best := t.best()
	for i, r := range t.Rows {
		row, most := page.Words(r.Name), 0
		for _, e := range t.Evaluators {
			row = append(row, t.accuracyCells(i, e, best[e] == i)...)
			most = max(most, r.Accuracy[e].count())
		}
		table.Rows = append(table.Rows, append(row, page.Numbers(strconv.Itoa(most))...))
	}
	first := t.Rows[0].Name
	note := fmt.Sprintf(
		"Differences are to %s, in points. One seed says nothing of chance: repeat the sweep with "+
			"--seeds 1,2,3. ", first,
	)
	if len(t.Seeds) >= 2 {
		note = fmt.Sprintf(
			"Means over seeds with their standard deviation. Differences are to %s, in points, "+
				"over pairs of runs of one seed, with half the width of the 95 %% interval; p is "+
				"of a two-sided paired t-test. Of %d comparisons one in twenty is below .05 by "+
				"chance.", first, (len(t.Rows)-1)*len(t.Evaluators),
		)
	}
	return []page.Block{table, page.Text(note)}
}

// best is the row with the highest mean, by evaluator.
func (t *Table) best() map[Evaluator]int {
	best := map[Evaluator]int{}
	for _, e := range t.Evaluators {
		at := -1
		for i, r := range t.Rows {
			if a := r.Accuracy[e]; a != nil && (at < 0 || a.Mean > t.Rows[at].Accuracy[e].Mean) {
				at = i
			}
		}
		best[e] = at
	}
	return best
}

func (t *Table) accuracyCells(row int, e Evaluator, best bool) []page.Cell {
	a := t.Rows[row].Accuracy[e]
	if a == nil {
		return page.Numbers("–", "", "", "")
	}
	sd, difference, p := "", "", ""
	if a.SD != nil {
		sd = fmt.Sprintf("%.1f", 100**a.SD)
	}
	if d := t.compare(t.Rows[row], t.Rows[0], e); d != nil && row > 0 {
		difference, p = d.text(), d.pText()
	}
	cells := page.Numbers(fmt.Sprintf("%.1f", 100*a.Mean), sd, difference, p)
	cells[0].Strong, cells[0].Bar = best, a.Mean
	return cells
}

func (d *Difference) text() string {
	text := page.Points(d.Mean)
	if !math.IsNaN(d.Half) {
		text += fmt.Sprintf(" ± %.1f", 100*d.Half)
	}
	return text
}

func (d *Difference) pText() string {
	switch {
	case math.IsNaN(d.P):
		return ""
	case d.P < .001:
		return "< .001"
	}
	return strings.TrimPrefix(fmt.Sprintf("%.3f", d.P), "0")
}

// charts show the cells side by side, against what was swept and against what they cost.
func (t *Table) charts() ([]page.Block, error) {
	var evaluated []Row
	for _, r := range t.Rows {
		if len(r.Accuracy) > 0 {
			evaluated = append(evaluated, r)
		}
	}
	if len(evaluated) == 0 {
		return nil, nil
	}
	var c page.Charts
	for i, r := range evaluated {
		sample, err := chart.Sample(i)
		if err != nil {
			return nil, err
		}
		c.Legend = append(c.Legend, page.Key{Sample: template.HTML(sample), Name: r.Name})
	}
	for _, p := range t.panels(evaluated) {
		svg, err := p.SVG()
		if err != nil {
			return nil, err
		}
		c.SVG = append(c.SVG, template.HTML(svg)) // which escapes its texts
	}
	return []page.Block{c}, nil
}

func (t *Table) costs() page.Block {
	table := page.Table{Head: []string{
		"cell", "epochs", "MFLOP an image and step", "GFLOP", "seconds",
		"decoder parameters", "encoder parameters", "loss",
	}}
	for _, r := range t.Rows {
		table.Rows = append(table.Rows, append(page.Words(r.Name), page.Numbers(
			strconv.Itoa(r.Epochs), fmt.Sprintf("%.2f", float64(r.StepFLOPs)/1e6),
			giga(r.RunFLOPs), r.Seconds.text(1, 1),
			page.Count(r.DecoderParameters), page.Count(r.EncoderParameters), r.Loss.text(1, 4),
		)...))
	}
	return table
}

func (t *Table) cells() page.Block {
	table := page.Table{Head: []string{"cell", "settings"}}
	for _, r := range t.Rows {
		own := cmp.Or(strings.Join(r.Set, "  "), "nothing of its own")
		table.Rows = append(table.Rows, page.Words(r.Name, own))
	}
	return table
}

func (t *Table) failures() []page.Block {
	table := page.Table{Head: []string{"cell", "seed", "reason"}}
	for _, r := range t.Rows {
		for _, f := range r.Failures {
			table.Rows = append(
				table.Rows, page.Words(r.Name, strconv.FormatUint(f.Seed, 10), f.Reason),
			)
		}
	}
	if len(table.Rows) == 0 {
		return nil
	}
	return []page.Block{table}
}
