package loader

import (
	"reflect"
	"testing"

	"cmae/internal/dataset/augment"
)

// TestSupervised: labelled rows with RandAugment and erasing are the same whatever the number of
// workers, and others in every epoch.
func TestSupervised(t *testing.T) {
	make := func(workers, number int, s *augment.Supervised) []Batch {
		o := options(Labelled, workers)
		o.Supervised = s
		return epoch(t, newLoader(t, 13, o), number, 0, nil)
	}
	s := augment.DefaultSupervised()
	one, three := make(1, 0, &s), make(3, 0, &s)
	if !reflect.DeepEqual(one, three) {
		t.Error("three workers make other rows than one")
	}
	if reflect.DeepEqual(one[0].Query, make(1, 1, &s)[0].Query) ||
		reflect.DeepEqual(one[0].Query, make(1, 0, nil)[0].Query) {
		t.Error("another epoch, or no recipe, gives the same rows")
	}
}
