package features

import (
	"image"
	"slices"
	"testing"
)

// TestUnpadded: what an image has of a view, whatever the padding holds.
func TestUnpadded(t *testing.T) {
	square := []float32{1, 2, 3, 4}
	if got := unpadded(square, image.Rect(0, 0, 8, 8), 8); !slices.Equal(got, square) {
		t.Errorf("an image without padding: %v", got)
	}
	// 16 x 8 pixels amid a view of 16: the rows of patches 1 and 2 of 4
	view := []float32{
		99, 99, 99, 99,
		0, 1, 2, 3,
		4, 5, 6, 7,
		99, 99, 99, 99,
	}
	want := []float32{
		0, 1, 2, 3,
		1, 2, 3, 4,
		3, 4, 5, 6,
		4, 5, 6, 7,
	}
	if got := unpadded(view, image.Rect(0, 4, 16, 12), 16); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	// a band of one row of patches is all there is
	got := unpadded(view, image.Rect(0, 5, 16, 7), 16)
	if want := []float32{0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
