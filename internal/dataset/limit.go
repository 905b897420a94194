package dataset

import (
	"slices"

	"cmae/internal/rng"
)

// subset keeps at most limit entries, as equally many of each class as there are, chosen by the seed, in their old order. A smaller
// limit keeps a part of what a larger one keeps.
func subset(entries []entry, numClasses, limit int, seed uint64) []entry {
	if limit == 0 || limit >= len(entries) {
		return entries
	}
	byClass := make([][]int, numClasses)
	for i, e := range entries {
		byClass[e.label] = append(byClass[e.label], i)
	}
	for class, members := range byClass {
		rng.For(seed, rng.Subset, uint64(class)).Shuffle(len(members), func(i, j int) {
			members[i], members[j] = members[j], members[i]
		})
	}
	turns := rng.For(seed, rng.Subset).Perm(numClasses) // who gets one more when the limit is no multiple of the classes
	var chosen []int
	for round := 0; len(chosen) < limit; round++ {
		for _, class := range turns {
			if round < len(byClass[class]) && len(chosen) < limit {
				chosen = append(chosen, byClass[class][round])
			}
		}
	}
	slices.Sort(chosen)
	kept := make([]entry, limit)
	for i, at := range chosen {
		kept[i] = entries[at]
	}
	return kept
}
