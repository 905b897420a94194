package graph

import (
	"cmp"
	"slices"
	"sort"

	"cmae/internal/kernel"
)

// pack gives every storage an offset such that two that hold values at the same time do not
// overlap, and returns the bytes needed. The largest are placed first, each into the lowest gap:
// within a few percent of the lower bound on our graphs, in any order of depth.
func pack(storages []*storage) int {
	order := slices.Clone(storages)
	slices.SortStableFunc(order, func(a, b *storage) int { return cmp.Compare(b.bytes, a.bytes) })
	var placed []*storage // by offset
	total := 0
	for _, s := range order {
		s.offset = lowestGap(placed, s)
		at := sort.Search(len(placed), func(i int) bool { return placed[i].offset > s.offset })
		placed = slices.Insert(placed, at, s)
		total = max(total, s.offset+kernel.Aligned(s.bytes))
	}
	return total
}

func lowestGap(placed []*storage, s *storage) int {
	offset := 0
	for _, other := range placed {
		if other.last < s.first || s.last < other.first {
			continue
		}
		if offset+kernel.Aligned(s.bytes) <= other.offset {
			break
		}
		offset = max(offset, other.offset+kernel.Aligned(other.bytes))
	}
	return offset
}

// apart is the bytes that storages would need if no two shared a place.
func apart(storages []*storage) (bytes int) {
	for _, s := range storages {
		bytes += kernel.Aligned(s.bytes)
	}
	return bytes
}
