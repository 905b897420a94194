package clutter

import (
	"image"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestScene: a scene follows from its draws alone, its box holds the garment and nothing else of
// it, and lies in the scene.
func TestScene(t *testing.T) {
	garment := make([]uint8, Garment*Garment) // a bar of 8 columns
	for i := range garment {
		if x := i % Garment; x >= 10 && x < 18 {
			garment[i] = 255
		}
	}
	area, lefts := 0, map[int]bool{}
	for seed := range uint64(200) {
		of := func() Scene { return New(garment, rand.New(rand.NewPCG(seed, 1))) }
		box, img := of().Box(), of().Draw()
		if again := of().Draw(); !slices.Equal(img.Pix, again.Pix) {
			t.Fatal("one seed gives two scenes")
		}
		if !box.In(image.Rect(0, 0, Side, Side)) || box.Dx() >= box.Dy()/2 {
			t.Fatalf("a bar has the box %v", box)
		}
		area, lefts[box.Min.X] = area+box.Dx()*box.Dy(), true
		// a bar of one tint: its middle column is even, and unlike what is left and right of it
		middle := (box.Min.X + box.Max.X) / 2
		first := at(img.Pix, middle, box.Min.Y+2)
		for y := box.Min.Y + 2; y < box.Max.Y-2; y++ {
			if at(img.Pix, middle, y) != first {
				t.Fatalf("seed %d: the garment is not where its box is", seed)
			}
		}
	}
	if len(lefts) < 30 || area/200 > Side*Side/4 {
		t.Errorf("%d places, mean area %d", len(lefts), area/200)
	}
}

func at(pix []uint8, x, y int) [3]uint8 {
	return [3]uint8(pix[3*(y*Side+x):])
}
