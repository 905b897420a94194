package main

import (
	"fmt"
	"path/filepath"
)

// speeds reads how many images a second cmae and PyTorch train on.
func speeds(root string) (barChart, error) {
	c := barChart{
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
