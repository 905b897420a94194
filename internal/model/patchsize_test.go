package model

import "testing"

// TestPatchSizeOfImages: what is set stays, else images decide, and a ResNet has none.
func TestPatchSizeOfImages(t *testing.T) {
	for side, want := range map[int]int{
		8: 4, 16: 4, 28: 4, 32: 4, 40: 4, 44: 4, 48: 6, 56: 7, 64: 8, 84: 12, 96: 12, 112: 14,
		128: 16, 160: 16, 192: 16, 224: 16, 256: 16, 384: 32, 448: 32, 512: 32, 640: 32, 1024: 32, 340: 20, 76: 4, 8192: 32, 37: 4, 0: 4,
	} {
		e := DefaultEncoder()
		if got := e.At(side).PatchSize; got != want {
			t.Errorf("%d px: patches of %d, want %d", side, got, want)
		}
		if e.PatchSize = 5; e.At(side).PatchSize != 5 {
			t.Errorf("%d px: a size that is set does not stay", side)
		}
	}
	if got := (EncoderConfig{Size: ResNet18, Stem: StemSmall}).At(64).PatchSize; got != 0 {
		t.Errorf("a ResNet has patches of %d", got)
	}
}

// TestNoSideDividesByZero asks for all that follows from a side while the size of patches is open.
func TestNoSideDividesByZero(t *testing.T) {
	open, set := DefaultEncoder(), DefaultEncoder()
	open.Dim, open.Depth, set.Dim, set.Depth, set.PatchSize = 48, 1, 48, 1, 8
	for _, most := range []float64{1e6, 1e12} {
		a := open.MinMemory(64, 32, true).Check(most)
		if b := set.MinMemory(64, 32, true).Check(most); (a == nil) != (b == nil) {
			t.Errorf("memory of %g: %v, want %v", most, a, b)
		}
	}
	decoder := DefaultDecoder()
	a, err := Shapes(open, &decoder, 64)
	if err != nil {
		t.Fatal(err)
	}
	b, err := Shapes(set, &decoder, 64)
	if err != nil {
		t.Fatal(err)
	}
	if a.Count("") != b.Count("") {
		t.Errorf("%d parameters, want %d", a.Count(""), b.Count(""))
	}
}
