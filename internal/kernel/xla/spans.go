package xla

import (
	"slices"
	"sort"
)

// span is what some addresses hold.
type span[T any] struct {
	at    uintptr
	bytes int
	value T
}

func (s span[T]) end() uintptr { return s.at + uintptr(s.bytes) }

// spans are sorted by address, without overlap.
type spans[T any] []span[T]

// find is the number of the first span that ends behind an address.
func (s spans[T]) find(at uintptr) int {
	return sort.Search(len(s), func(i int) bool { return s[i].end() > at })
}

// within are the numbers of the spans that have addresses between two: from i up to j.
func (s spans[T]) within(at, end uintptr) (i, j int) {
	i = s.find(at)
	for j = i; j < len(s) && s[j].at < end; j++ {
	}
	return i, j
}

// exact is the span of just these addresses.
func (s spans[T]) exact(at uintptr, bytes int) (*span[T], bool) {
	i := s.find(at)
	if i == len(s) || s[i].at != at || s[i].bytes != bytes {
		return nil, false
	}
	return &s[i], true
}

// replace puts others in the place of the spans from i up to j.
func (s *spans[T]) replace(i, j int, with ...span[T]) { *s = slices.Replace(*s, i, j, with...) }

// put sets what just these addresses hold, and returns what they held before. Other spans that
// share addresses with x are lost: they hold nothing.
func (s *spans[T]) put(x span[T]) (before T) {
	if old, ok := s.exact(x.at, x.bytes); ok {
		before, old.value = old.value, x.value
		return before
	}
	i, j := s.within(x.at, x.end())
	s.replace(i, j, x)
	return before
}
