package eightbit

import (
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"cmae/internal/dataset/raster"
)

// deepImages are looked at, spread over the set, for one of more than 8 bits.
const deepImages = 32

// Deep says whether some of a few images of the set have more than 8 bits.
func (s *Sight) Deep(workers int) bool {
	look := min(s.Files, deepImages)
	var found atomic.Bool
	var group errgroup.Group
	group.SetLimit(max(workers, 1))
	for i := range look {
		group.Go(func() error {
			if !found.Load() {
				_ = s.Picture(i*s.Files/look, func(p *raster.Picture) {
					if p.Samples() != nil {
						found.Store(true)
					}
				}) // an error is reported when its turn comes
			}
			return nil
		})
	}
	group.Wait() // there are no errors
	return found.Load()
}
