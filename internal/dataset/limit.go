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
	if n >= len(in.train.entries) {
		return faultOf(
			in.folder.path, "", "data.holdout: %d leaves nothing of the %d training images", n,
			len(in.train.entries),
		)
	}
	kept := *in.train
	kept.name = "holdout"
	kept.entries = subset(in.train.entries, len(in.train.classes), n, 0)
	held := make(map[string]bool, n)
	for _, e := range kept.entries {
		held[e.name] = true
	}
	rest := slices.Clone(in.train.entries)
	in.train.entries = slices.DeleteFunc(rest, func(e entry) bool { return held[e.name] })
	in.test, in.noTest = &kept, nil
	return nil
}

// subset keeps at most limit entries, as equally many of each class as there are, chosen by the
// seed, in their old order. A smaller limit keeps a part of what a larger one keeps.
func subset(entries []entry, numClasses, limit int, seed uint64) []entry {
	if limit == 0 || limit >= len(entries) {
		return entries
	}
	numClasses = max(1, numClasses) // without labels all are alike
	byClass := make([][]int, numClasses)
	for i, e := range entries {
		byClass[e.label] = append(byClass[e.label], i)
	}
	for class, members := range byClass {
		rng.For(seed, rng.Subset, uint64(class)).Shuffle(len(members), func(i, j int) {
			members[i], members[j] = members[j], members[i]
		})
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
