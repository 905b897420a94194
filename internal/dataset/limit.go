package dataset

import (
	"slices"

	"cmae/internal/rng"
)

// holdOut replaces the test split by n training images and takes them out of the training split.
// Which ones does not depend on the run's seed, so that runs of several seeds are evaluated on the
// same images and none has been trained on them.
func (in *input) holdOut(n int) error {
	if n == 0 {
		return nil
	}
	known := slices.DeleteFunc(
		slices.Clone(in.train.entries), func(e entry) bool { return e.label < 0 },
	)
	if n >= len(known) {
		return faultOf(
			in.folder.path, "", "data.holdout: %d leaves nothing of the %d training images", n,
			len(known),
		)
	}
	kept := *in.train
	kept.name = "holdout"
	kept.entries = subset(known, len(in.train.classes), 0, n, 0)
	held := make(map[string]bool, n)
	for _, e := range kept.entries {
		held[e.name] = true
	}
	rest := slices.Clone(in.train.entries)
	in.train.entries = slices.DeleteFunc(rest, func(e entry) bool { return held[e.name] })
	in.test, in.noTest = &kept, nil
	return nil
}

// subset keeps at most limit entries, as equally many of each class as there are, and at most
// perClass of each, chosen by the seed, in their old order; 0 is no limit. A smaller limit keeps a
// part of what a larger one keeps. Without labels all entries are of one class.
func subset(entries []entry, numClasses, perClass, limit int, seed uint64) []entry {
	numClasses = max(1, numClasses)
	if slices.ContainsFunc(entries, func(e entry) bool { return e.label < 0 }) {
		numClasses++ // for those without a label, which perClass does not count
	}
	byClass := make([][]int, numClasses)
	for i, e := range entries {
		class := e.label
		if class < 0 {
			class = numClasses - 1
		}
		byClass[class] = append(byClass[class], i)
	}
	total := 0
	for class, members := range byClass {
		rng.For(seed, rng.Subset, uint64(class)).Shuffle(len(members), func(i, j int) {
			members[i], members[j] = members[j], members[i]
		})
		if perClass > 0 && perClass < len(members) && entries[members[0]].label >= 0 {
			byClass[class] = members[:perClass]
		}
		total += len(byClass[class])
	}
	if limit == 0 || limit > total {
		limit = total
	}
	if limit == len(entries) {
		return entries
	}
	// who gets one more when the limit is no multiple of the classes
	turns := rng.For(seed, rng.Subset).Perm(numClasses)
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
