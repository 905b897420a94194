package main

import (
	"fmt"
	"path/filepath"
)

// accuracies reads what encoders are worth on each data set that has three seeds.
func accuracies(root string) (barChart, error) {
	c := barChart{
		title: "Test accuracy in per cent after 80 epochs; bars are means, dots are seeds (none: one seed)",
		bars: []bar{
			{"random weights", "#b5b5b5"}, {"MAE", "#d98c5f"},
			{"CMAE", "#8cc3a2"}, {"CMAE, keys from a bank (MAE's operations)", "#3f8a5c"},
		},
	}
	rows := []string{
		"random encoder", "MAE, 80 epochs", "CMAE, 80 epochs",
		"CMAE, keys from a bank, 80 epochs",
	}
	for _, set := range []struct{ title, page string }{
		{"EuroSAT", "eurosat.md"},
		{"CIFAR-10", "cifar10.md"},
		{"Tiny-ImageNet", "tiny-imagenet.md"},
	} {
		p := panel{title: set.title, groups: []group{
			{name: "linear probe"}, {name: "kNN"}, {name: "finetuned"},
		}}
		for _, row := range rows {
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
