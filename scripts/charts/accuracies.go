package main

import (
	"fmt"
	"path/filepath"
)

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
