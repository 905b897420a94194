package dataset

import (
	"slices"
	"strconv"
	"strings"
)

// classesOf are the labels of images: by number where all are numbers, else by name.
func classesOf(images []labelled) []string {
	seen := map[string]bool{}
	var classes []string
	for _, one := range images {
		if one.label != "" && !seen[one.label] {
			seen[one.label] = true
			classes = append(classes, one.label)
		}
	}
	slices.SortFunc(classes, compareClasses)
	return classes
}

// compareClasses orders numbers by value, before all else.
func compareClasses(a, b string) int {
	x, errA := strconv.Atoi(a)
	y, errB := strconv.Atoi(b)
	switch {
	case errA == nil && errB == nil && x != y:
		return x - y
	case errA == nil && errB != nil:
		return -1
	case errA != nil && errB == nil:
		return 1
	}
	return strings.Compare(a, b)
}
