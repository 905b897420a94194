package loader

import (
	"cmae/internal/dataset"
	"cmae/internal/dataset/augment"
)

// Source is a decoded split, safe for concurrent use.
type Source interface {
	Len() int
	Image(i int) augment.Image // read only
	Label(i int) int
}

// From is a split of a data set as a Source.
func From(s *dataset.Set) Source { return split{s} }

// split is a data set's split; its pixels are not copied.
type split struct{ *dataset.Set }

// Image gives image i without copying.
func (s split) Image(i int) augment.Image { return augment.Image(s.Set.Image(i)) }
