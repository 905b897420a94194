// Charts draws what docs/images has of charts, from the tables of the pages that show them.
//
//	go run ./scripts/charts
package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
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
	satellite, err := decoders(root, "EuroSAT", "## EuroSAT")
	if err != nil {
		return nil, err
	}
	objects, err := decoders(root, "CIFAR-10", "## CIFAR-10 and Tiny-ImageNet")
	if err != nil {
		return nil, err
	}
	return map[string][]byte{
		"docs/images/results.svg":          accuracy.svg(),
		"docs/images/performance.svg":      rates.svg(),
		"docs/images/decoders.svg":         satellite.svg(),
		"docs/images/decoders-cifar10.svg": objects.svg(),
	}, nil
}
