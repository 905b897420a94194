package loader

import (
	"math"
	"slices"
)

// VisibleFirst orders the patches of one image by their noise, least first and equals in image order: ids[:V] are the visible ones, ids[V:]
// the masked. restore is the inverse: patch p has rank restore[p] in that order. All three slices have length N; noise is not negative.
func VisibleFirst(noise []float32, ids, restore []int32) {
	var room [1024]uint64 // keeps usual sizes off the heap
	keys := room[:0]
	for i, v := range noise {
		keys = append(keys, uint64(math.Float32bits(v))<<32|uint64(i)) // bits of positive floats are ordered as the floats are
	}
	slices.Sort(keys)
	for place, key := range keys {
		patch := int32(uint32(key))
		ids[place], restore[patch] = patch, int32(place)
	}
}
