package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// rowOf finds the first row of a page's tables that begins with a name, and returns its cells.
func rowOf(page, name string) ([]string, error) { return rowBelow(page, "", name) }

// rowBelow is rowOf among the tables below a heading, "" for all.
func rowBelow(page, heading, name string) ([]string, error) {
	text, err := os.ReadFile(page)
	if err != nil {
		return nil, err
	}
	begun := heading == ""
	for line := range strings.Lines(string(text)) {
		if begun = begun || strings.TrimSpace(line) == heading; !begun {
			continue
		}
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
