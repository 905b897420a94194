package dataset

import (
	"cmp"
	"math"
	"slices"
	"strconv"
)

// classesOf are the labels of images: by value where all are numbers, else by name.
func classesOf(images []labelled) []string {
	seen := map[string]bool{}
	var classes []string
	for _, one := range images {
		if one.label != "" && !seen[one.label] {
			seen[one.label] = true
			classes = append(classes, one.label)
		}
	}
	slices.Sort(classes)
	values := make(map[string]float64, len(classes))
	for _, class := range classes {
		value, err := strconv.ParseFloat(class, 64)
		if err != nil || math.IsNaN(value) {
			return classes
		}
		values[class] = value
	}
	slices.SortStableFunc(classes, func(a, b string) int { return cmp.Compare(values[a], values[b]) })
	return classes
}
