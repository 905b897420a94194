package dataset

import (
	"slices"
	"testing"
)

// TestClutter: scenes have the classes of their garments and true boxes, and are the same however
// many are asked for.
func TestClutter(t *testing.T) {
	c := Default()
	c.Format, c.Limit, c.CacheDir = Clutter, 40, t.TempDir()
	few := mustOpen(t, c)
	if few.Train.Len() != 40 || few.Test.Len() != 40 || len(few.Train.Classes()) != 10 {
		t.Fatalf("%d and %d scenes", few.Train.Len(), few.Test.Len())
	}
	for i := range few.Train.Len() {
		if box, ok := few.Train.Box(i); !ok || box.Bottom-box.Top > .7 {
			t.Errorf("scene %d has the box %v", i, box)
		}
	}
	c.Limit = 80
	more, shared := mustOpen(t, c), 0
	for i := range few.Train.Len() {
		for j := range more.Train.Len() {
			if more.Train.Name(j) != few.Train.Name(i) {
				continue
			}
			shared++
			if !slices.Equal(few.Train.Image(i).Pix, more.Train.Image(j).Pix) {
				t.Errorf("%s is another scene in a larger set", few.Train.Name(i))
			}
		}
	}
	if shared == 0 {
		t.Error("the sets have no scene in common")
	}
	if c.Format.Title() == FashionMNISTMini.Title() {
		t.Error("scenes are called as the garments")
	}
	c.Path = t.TempDir()
	if c.Validate() == nil {
		t.Error("scenes have no folder")
	}
}

// TestSurfaces: both splits have every kind evenly, no picture of one is in the other, and a part
// of the set has the pictures of the whole.
func TestSurfaces(t *testing.T) {
	c := Default()
	c.Format, c.CacheDir = Surfaces, t.TempDir()
	all := mustOpen(t, c)
	if all.Train.Len() != 5000 || all.Test.Len() != 1000 || len(all.Train.Classes()) != 10 {
		t.Fatalf("%d and %d surfaces", all.Train.Len(), all.Test.Len())
	}
	pictures, byName := map[string]bool{}, map[string]string{}
	each := make([]int, 10)
	for i := range all.Train.Len() {
		pix := string(all.Train.Image(i).Pix)
		pictures[pix], byName[all.Train.Name(i)] = true, pix
		each[all.Train.Label(i)]++
	}
	if slices.Min(each) != 500 {
		t.Errorf("surfaces of each kind: %v", each)
	}
	for i := range all.Test.Len() {
		if pictures[string(all.Test.Image(i).Pix)] {
			t.Fatalf("%s of the test split is one to train on", all.Test.Name(i))
		}
	}
	c.Limit = 40
	few := mustOpen(t, c)
	for i := range few.Train.Len() {
		if byName[few.Train.Name(i)] != string(few.Train.Image(i).Pix) {
			t.Errorf("%s is another picture in a smaller set", few.Train.Name(i))
		}
	}
}
