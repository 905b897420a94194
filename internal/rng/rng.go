// Package rng derives every random draw of cmae from what it is for, never from a running stream: a
// stream is named by the run's seed, a purpose, and keys such as epoch and image index. So the
// number of workers, the order of work and a resume in the middle of an epoch change nothing.
// beta.go is a distribution that the library lacks.
package rng

import "math/rand/v2"

// Purpose keeps streams apart that share their keys.
type Purpose uint64

// The purposes. Their values are part of what a seed means: append, never reorder.
const (
	Init         Purpose = iota + 1 // keys: hash of the parameter's name
	Order                           // epoch
	QueryView                       // epoch, image
	KeyView                         // epoch, image
	QueryMask                       // epoch, image
	KeyMask                         // epoch, image
	Subset                          // class; none: who gets one more; or how many to choose from
	DropPosition                    // epoch, image
	Probe                           // epoch, image of a labelled view; epoch of a linear probe
	DropPath                        // step, layer
	Mix                             // step
	Synthetic                       // anything that benchmarks and tests feed
	Queue                           // the keys before the first step
	HeldBack                        // none: the images that score the rates of a linear probe
	Folds                           // none: the parts of cross-validation
	Map                             // of a map: 0 which images, 1 first centres, 2 first places
	Substitute                      // hash of a bad file's name
	Scene                           // split, image: of format clutter, whose seed is its own
	Surface                         // split, image: of format surfaces, whose seed is its own
	Bank                            // the images' keys before the first step
)

// For returns the stream of (seed, purpose, keys). Different names give independent streams.
func For(seed uint64, purpose Purpose, keys ...uint64) *rand.Rand {
	a := mix(seed ^ 0x9e3779b97f4a7c15)
	b := mix(a ^ uint64(purpose)*0xbf58476d1ce4e5b9)
	for _, k := range keys {
		a, b = mix(a^k), mix(b+k*0x94d049bb133111eb)
		a, b = b, a
	}
	return rand.New(rand.NewPCG(a, b))
}

// mix is the finalizer of splitmix64, a bijection that spreads every input bit over the whole word.
func mix(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}
