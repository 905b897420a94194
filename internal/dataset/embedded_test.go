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
	c.Path = t.TempDir()
	if c.Validate() == nil {
		t.Error("scenes have no folder")
	}
}
