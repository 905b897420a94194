package dataset

import (
	"hash/fnv"

	"cmae/internal/rng"
)

// substitutes are the training images that may stand in the place of bad ones.
type substitutes struct {
	source  *source
	seed    uint64
	ofLabel map[int][]entry
}

// substitutes is nil where bad files of the split are not replaced.
func (o *opener) substitutes(s *source) *substitutes {
	if o.OnError != Replace || s != o.train {
		return nil
	}
	all := &substitutes{source: s, seed: o.seed, ofLabel: map[int][]entry{}}
	for _, e := range s.entries {
		all.ofLabel[e.label] = append(all.ofLabel[e.label], e)
	}
	return all
}

// choose decodes the image that stands in the place of a bad one: of its class, the first that is
// sound from a place on that seed and file name choose. More bad ones than are allowed end the work
// anyway, so that looking further is of no use.
func (c *substitutes) choose(bad sample, allowed int) (sample, bool) {
	class := c.ofLabel[bad.label]
	name := fnv.New64a()
	name.Write([]byte(bad.name))
	first := rng.For(c.seed, rng.Substitute, name.Sum64()).IntN(len(class))
	for i := range min(len(class), allowed+1) {
		if one := c.source.decode(class[(first+i)%len(class)], nil); one.bad == nil {
			return one, true
		}
	}
	return sample{}, false
}

// chosenBy reports whether this seed has chosen the substitutes in a set, if there are any.
func (s *Set) chosenBy(seed uint64) bool { return s.index.Seed == nil || *s.index.Seed == seed }
