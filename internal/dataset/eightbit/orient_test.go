package eightbit

import (
	"slices"
	"testing"

	"cmae/internal/dataset/augment"
)

// TestTurned: where the six pixels of a 3x2 image stand when it is the right way up, by the tag.
func TestTurned(t *testing.T) {
	stored := augment.Image{Width: 3, Height: 2}
	for i := range uint8(6) {
		stored.Pix = append(stored.Pix, i, i, i)
	}
	for orientation, want := range map[int]struct {
		width int
		order []uint8
	}{
		0: {3, []uint8{0, 1, 2, 3, 4, 5}},
		1: {3, []uint8{0, 1, 2, 3, 4, 5}},
		2: {3, []uint8{2, 1, 0, 5, 4, 3}},
		3: {3, []uint8{5, 4, 3, 2, 1, 0}},
		4: {3, []uint8{3, 4, 5, 0, 1, 2}},
		5: {2, []uint8{0, 3, 1, 4, 2, 5}},
		6: {2, []uint8{3, 0, 4, 1, 5, 2}},
		7: {2, []uint8{5, 2, 4, 1, 3, 0}},
		8: {2, []uint8{2, 5, 1, 4, 0, 3}},
		9: {3, []uint8{0, 1, 2, 3, 4, 5}},
	} {
		got := turned(stored, orientation)
		var order []uint8
		for i := 0; i < len(got.Pix); i += 3 {
			order = append(order, got.Pix[i])
		}
		if got.Width != want.width || !slices.Equal(order, want.order) {
			t.Errorf(
				"%d: %d wide, %v, want %d, %v", orientation, got.Width, order, want.width,
				want.order,
			)
		}
	}
}
