package features

import (
	"context"
	"slices"
	"testing"

	"golang.org/x/sync/errgroup"

	"cmae/internal/comm/commtest"
	"cmae/internal/dataset/augment"
	"cmae/internal/dataset/loader"
)

// grey is images of one value each, of as many classes.
type grey int

func (g grey) Len() int        { return int(g) }
func (g grey) Label(i int) int { return i }
func (g grey) Image(i int) augment.Image {
	return augment.Image{Width: 2, Height: 2, Pix: slices.Repeat([]uint8{uint8(i)}, 12)}
}

// TestParts: processes have the features of all images, in order, whether or not they divide them.
func TestParts(t *testing.T) {
	f := Pixels(3, 2)
	o := Loading{Augment: augment.Default(), Loader: loader.Default()}
	for _, images := range []int{1, 2, 7, 9} {
		want, err := f.EncodeAll(t.Context(), grey(images), o)
		if err != nil {
			t.Fatal(err)
		}
		var all errgroup.Group
		for _, p := range commtest.New(3) {
			all.Go(func() error {
				mine := o
				mine.Processes = p
				got, err := f.EncodeAll(context.Background(), grey(images), mine)
				if err != nil {
					return err
				}
				if !slices.Equal(got.Values, want.Values) ||
					!slices.Equal(got.Labels, want.Labels) {
					t.Errorf("%d images, rank %d: %v, want %v", images, p.Rank(), got, want)
				}
				return nil
			})
		}
		if err := all.Wait(); err != nil {
			t.Fatal(err)
		}
	}
}
