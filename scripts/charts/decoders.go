package main

import (
	"fmt"
	"path/filepath"
	"strings"
)

// decoders reads what an encoder trained with each decoder is worth on images of this name, by the
// table below a heading, and what a step with it costs.
func decoders(root, images, heading string) (scatter, error) {
	s := scatter{
		title:  images + ", MAE with each decoder: test accuracy in per cent by MFLOP of an image and step",
		panels: []string{"linear probe", "kNN", "finetuned"},
	}
	page := filepath.Join(root, "docs/results/decoders.md")
	for _, kind := range []struct {
		colour string
		rows   []string
	}{
		{"#3f8a5c", []string{"transformer 8 x 64", "transformer 6 x 64", "transformer 4 x 64",
			"transformer 2 x 64", "transformer 2 x 32", "transformer 2 x 16", "transformer 2 x 8"}},
		{"#d98c5f", []string{"MLP 2 x 64"}},
		{"#5b7fb4", []string{"convolution 2 x 64", "depthwise convolution 2 x 64"}},
		{"#8d6bab", []string{"transformer and MLP", "transformer and convolution"}},
	} {
		for _, row := range kind.rows {
			cells, err := rowBelow(page, heading, row)
			if err != nil {
				return s, err
			}
			// MFLOP, parameters, and an accuracy for each panel
			values, err := numbers(strings.Join(cells[1:min(6, len(cells))], " "))
			if err != nil || len(values) != 5 {
				return s, fmt.Errorf("decoders.md, row %q has no numbers", row)
			}
			s.points = append(s.points, point{row, kind.colour, values[0], values[2:]})
		}
	}
	return s, nil
}
