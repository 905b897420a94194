package loader

import (
	"math"
	"slices"
)

// Mask is how noise splits the patches of each image of a batch (spec 1.3).
type Mask struct {
	Visible, Masked []int32 // [B,V] and [B,N-V], by noise
	// [B,N] the place of each patch where the visible ones of an image come first
	Restore []int32
}

// NewMask splits by noise[B,N].
func NewMask(noise []float32, patches, visible int) Mask {
	rows := len(noise) / patches
	m, ids := Mask{Restore: make([]int32, len(noise))}, make([]int32, patches)
	m.Visible, m.Masked = make([]int32, 0, rows*visible), make([]int32, 0, rows*(patches-visible))
	for at := 0; at < len(noise); at += patches {
		visibleFirst(noise[at:at+patches], ids, m.Restore[at:at+patches])
		m.Visible = append(m.Visible, ids[:visible]...)
		m.Masked = append(m.Masked, ids[visible:]...)
	}
	return m
}

// visibleFirst orders the patches of one image by their noise, least first and equals in image
// order: ids[:V] are the visible ones, ids[V:] the masked. restore is the inverse: patch p has rank
// restore[p] in that order. All three slices have length N; noise is not negative.
func visibleFirst(noise []float32, ids, restore []int32) {
	var room [1024]uint64 // keeps usual sizes off the heap
	keys := room[:0]
	for i, v := range noise {
		// bits of positive floats are ordered as the floats are
		keys = append(keys, uint64(math.Float32bits(v))<<32|uint64(i))
	}
	slices.Sort(keys)
	for place, key := range keys {
		patch := int32(uint32(key))
		ids[place], restore[patch] = patch, int32(place)
	}
}
