package loader

import (
	"slices"
	"testing"

	"cmae/internal/rng"
)

func TestVisibleFirst(t *testing.T) {
	ids, restore := make([]int32, 6), make([]int32, 6)
	visibleFirst([]float32{.5, .1, .5, 0, .9, .1}, ids, restore)
	if want := []int32{3, 1, 5, 0, 2, 4}; !slices.Equal(ids, want) {
		t.Errorf("ids %v, want %v", ids, want)
	}
	if want := []int32{3, 1, 4, 0, 5, 2}; !slices.Equal(restore, want) {
		t.Errorf("restore %v, want %v", restore, want)
	}
}

func TestVisibleFirstProperties(t *testing.T) {
	r := rng.For(1, rng.Synthetic)
	for range 50 {
		n := 1 + r.IntN(200)
		noise, ids, restore := make([]float32, n), make([]int32, n), make([]int32, n)
		for i := range noise {
			noise[i] = float32(r.IntN(20)) / 20 // many ties
		}
		visibleFirst(noise, ids, restore)
		for i := range n {
			if restore[ids[i]] != int32(i) {
				t.Fatal("restore is not the inverse")
			}
			if i > 0 &&
				(noise[ids[i-1]] > noise[ids[i]] || noise[ids[i-1]] == noise[ids[i]] && ids[i-1] > ids[i]) {
				t.Fatal("not a stable ascending order")
			}
		}
	}
}
