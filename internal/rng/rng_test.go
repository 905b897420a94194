package rng

import "testing"

// TestStreamsAreNamed: equal names give equal draws, any other name gives others, and the meaning
// of a seed does not change.
func TestStreamsAreNamed(t *testing.T) {
	first := func(seed uint64, p Purpose, keys ...uint64) uint64 {
		return For(seed, p, keys...).Uint64()
	}
	want := first(1, Order, 2, 3)
	if first(1, Order, 2, 3) != want {
		t.Error("a stream does not repeat")
	}
	seen := map[uint64]string{want: "itself"}
	for name, got := range map[string]uint64{
		"seed": first(2, Order, 2, 3), "purpose": first(1, QueryView, 2, 3),
		"first key": first(1, Order, 3, 3), "second key": first(1, Order, 2, 4),
		"swapped keys": first(1, Order, 3, 2), "fewer keys": first(1, Order, 2),
		"no keys": first(1, Order),
	} {
		if other, taken := seen[got]; taken {
			t.Errorf("another %s draws what %s draws", name, other)
		}
		seen[got] = name
	}
	if Init != 1 || Queue != 13 {
		t.Error("purposes were reordered: every seed means something else now")
	}
}

// TestNeighbouringKeysAreUnrelated: the mean of first draws over many images is that of a uniform
// variable.
func TestNeighbouringKeysAreUnrelated(t *testing.T) {
	const n = 10000
	sum, above := 0.0, 0
	for i := range uint64(n) {
		x := For(7, QueryMask, 0, i).Float64()
		sum += x
		if x > 0.5 {
			above++
		}
	}
	// Three standard deviations of the mean of n uniform draws, and of a binomial count.
	if mean := sum / n; mean < 0.4913 || mean > 0.5087 {
		t.Errorf("mean %.4f", mean)
	}
	if above < n/2-150 || above > n/2+150 {
		t.Errorf("%d of %d above a half", above, n)
	}
}
