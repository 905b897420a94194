// Charts draws what docs/images has of charts, from the tables of the pages that show them.
//
//	go run ./scripts/charts
package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

func main() {
	if err := run("."); err != nil {
		fmt.Fprintln(os.Stderr, "charts:", err)
		os.Exit(1)
	}
}

func run(root string) error {
	charts, err := draw(root)
	for name, svg := range charts {
		err = errors.Join(err, os.WriteFile(filepath.Join(root, name), svg, 0o644))
	}
	return err
}

// draw makes every chart, by the path of its file.
func draw(root string) (map[string][]byte, error) {
	accuracy, err := accuracies(root)
	if err != nil {
		return nil, err
	}
	rates, err := speeds(root)
	if err != nil {
		return nil, err
	}
	return map[string][]byte{
		"docs/images/results.svg":     accuracy.svg(),
		"docs/images/performance.svg": rates.svg(),
	}, nil
}

// accuracies reads what encoders are worth on each data set that has three seeds.
func accuracies(root string) (chart, error) {
	c := chart{
		title: "Test accuracy in per cent; bars are means, dots are seeds",
		bars: []bar{
			{"raw pixels", "#c9c9c9"}, {"random weights", "#8f8f8f"},
			{"MAE", "#d98c5f"}, {"CMAE", "#3f8a5c"},
		},
	}
	for _, set := range []struct {
		title, page string
		rows        []string
	}{
		{"EuroSAT, 40 epochs", "eurosat.md",
			[]string{"raw pixels", "random encoder", "MAE", "CMAE"}},
		{"CIFAR-10, 80 epochs", "cifar10.md",
			[]string{"raw pixels", "random encoder", "MAE, 80 epochs", "CMAE, 80 epochs"}},
		{"Tiny-ImageNet, 40 epochs", "tiny-imagenet.md",
			[]string{"raw pixels", "random encoder", "MAE", "CMAE"}},
	} {
		p := panel{title: set.title, groups: []group{
			{name: "linear probe"}, {name: "kNN"}, {name: "finetuned"},
		}}
		for _, row := range set.rows {
			cells, err := rowOf(filepath.Join(root, "docs/results", set.page), row)
			if err != nil {
				return c, err
			}
			for i := range p.groups {
				values, err := numbers(cells[i+1])
				if err != nil {
					return c, fmt.Errorf("%s, row %q: %w", set.page, row, err)
				}
				var m measured
				if len(values) > 0 {
					m = measured{mean: values[0], each: values[1:]}
				}
				p.groups[i].values = append(p.groups[i].values, m)
			}
		}
		c.panels = append(c.panels, p)
	}
	return c, nil
}

// speeds reads how many images a second cmae and PyTorch train on.
func speeds(root string) (chart, error) {
	c := chart{
		title: "Images a second, f32, two cores; bars are means, dots are rounds",
		bars: []bar{
			{"PyTorch", "#c9c9c9"}, {"fused attention", "#a8a8a8"}, {"cmae", "#3f8a5c"},
		},
	}
	for _, method := range []string{"MAE tiny", "CMAE tiny", "MAE micro", "CMAE micro"} {
		cells, err := rowOf(filepath.Join(root, "docs/performance.md"), method)
		if err != nil {
			return c, err
		}
		g := group{}
		for _, cell := range []string{cells[2], cells[3], cells[1]} {
			values, err := numbers(cell)
			if err != nil {
				return c, fmt.Errorf("performance.md, row %q: %w", method, err)
			}
			m := measured{each: values}
			for _, v := range values {
				m.mean += v / float64(len(values))
			}
			g.values = append(g.values, m)
		}
		c.panels = append(c.panels, panel{title: method, groups: []group{g}})
	}
	return c, nil
}

// rowOf finds the first row of a page's tables that begins with a name, and returns its cells.
func rowOf(page, name string) ([]string, error) {
	text, err := os.ReadFile(page)
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if strings.HasPrefix(line, "|") && strings.TrimSpace(cells[0]) == name && len(cells) > 4 {
			return cells, nil
		}
	}
	return nil, fmt.Errorf("%s has no row %q of five or more cells", page, name)
}

// numbers reads a cell such as "**58.4** (58.2, 59.4, 57.7)" or "47.0 (one seed)".
func numbers(cell string) ([]float64, error) {
	cell = strings.ReplaceAll(cell, "(one seed)", "")
	var values []float64
	for _, word := range strings.FieldsFunc(cell, func(r rune) bool {
		return strings.ContainsRune("*(), ", r)
	}) {
		v, err := strconv.ParseFloat(word, 64)
		if err != nil {
			return nil, fmt.Errorf("%q is no number", word)
		}
		values = append(values, v)
	}
	return values, nil
}
