package graph

import (
	"math/rand/v2"
	"testing"

	"cmae/internal/kernel"
	"cmae/internal/rng"
)

// TestPackSeparatesTheLiving draws storages with random sizes and lifetimes. Two whose lives meet
// may not overlap, all stand on cache lines, and together they need no more than each on its own,
// nor less than the steps do at their fullest.
func TestPackSeparatesTheLiving(t *testing.T) {
	for seed := range uint64(200) {
		r := rng.For(seed, rng.Synthetic)
		storages := randomStorages(r, 1+r.IntN(60))
		total := pack(storages)
		for i, a := range storages {
			if a.offset%kernel.Alignment != 0 || a.offset < 0 || a.offset+a.bytes > total {
				t.Fatalf("seed %d: %d bytes at %d of %d", seed, a.bytes, a.offset, total)
			}
			for _, b := range storages[:i] {
				together := a.first <= b.last && b.first <= a.last
				if together && a.offset < b.offset+b.bytes && b.offset < a.offset+a.bytes {
					t.Fatalf("seed %d: %+v overlaps %+v", seed, *a, *b)
				}
			}
		}
		if least, most := bounds(storages); total < least || total > most {
			t.Fatalf("seed %d: %d bytes, bounds %d and %d", seed, total, least, most)
		}
	}
}

func randomStorages(r *rand.Rand, n int) []*storage {
	var list []*storage
	for range n {
		first := r.IntN(100)
		s := &storage{bytes: 1 + r.IntN(5000), first: first, last: first + r.IntN(30)}
		if r.IntN(10) == 0 {
			s.last = forever
		}
		list = append(list, s)
	}
	return list
}

// bounds are the most that is alive at one step, and the sum of all.
func bounds(storages []*storage) (least, most int) {
	for step := range 130 {
		alive := 0
		for _, s := range storages {
			if s.first <= step && step <= s.last {
				alive += kernel.Aligned(s.bytes)
			}
		}
		least = max(least, alive)
	}
	for _, s := range storages {
		most += kernel.Aligned(s.bytes)
	}
	return least, most
}
