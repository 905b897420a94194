package eightbit

import (
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"cmae/internal/dataset/raster"
)

// Stretch finds black and white for a set, when the first image needs them.
type Stretch struct {
	setting Range
	workers int
	groups  int // 1 where all channels have the same black and white, else their number

	Own   Sight   // of the set
	Known *Levels // that take the place of what would be found, or nil
	// Training goes before, where images are read that a run was not trained on; nil where it is
	// gone
	Training func() *Sight

	once  sync.Once
	found Levels
	byOwn bool // Training was asked for in vain
}

// NewStretch is for images of so many channels, of which three have the same black and white, and
// looks at as many files at a time as there are workers.
func NewStretch(setting Range, channels, workers int) *Stretch {
	groups := channels
	if channels == 3 {
		groups = 1
	}
	return &Stretch{setting: setting, groups: groups, workers: workers}
}

// Sight is what AutoRange looks at: the files of a set.
type Sight struct {
	Files   int
	Picture func(i int, use func(*raster.Picture)) error // reads file i and hands it to use
	Basis   string                                       // a hash of the files
}

// Auto looks at so many images, spread over the set, and at so many samples of each; the shares of
// them below black and above white are equal. A set that spans the fourth part of what its type
// holds is left as it is.
const (
	levelImages  = 512
	levelSamples = 4096
	levelShare   = .001
	levelSpan    = .25
)

// of gives black and white for a channel of an image, which is foreign where they are those of
// samples of the other type, as the training images have none of its own.
func (s *Stretch) of(d *raster.Deep, channel int) (black, white float64, foreign bool) {
	black, white, fixed := s.setting.numbers()
	if fixed {
		return black, white, false
	}
	if s.setting == AutoRange {
		s.once.Do(s.find)
		spans := s.found.Spans
		if channel < len(s.found.Bands) {
			spans = s.found.Bands[channel]
		}
		own, other := spans.Words, spans.Floats
		if d.Floats != nil {
			own, other = other, own
		}
		// floats up to 1 have another scale than whole numbers
		if own.Unseen && other.set() && other.White > 1 && (d.Floats == nil || d.Highest() > 1) {
			return other.Black, other.White, true
		}
		if own.set() {
			return own.Black, own.White, false
		}
	}
	return d.Low, d.High, false
}

// Chosen is what AutoRange chose, nil where another range was asked for.
func (s *Stretch) Chosen() *Levels {
	if s == nil || s.setting != AutoRange {
		return nil
	}
	s.once.Do(s.find)
	found := s.found
	return &found
}

// ByOwn says that Training was asked for in vain, so that the set itself was looked at.
func (s *Stretch) ByOwn() bool { return s.byOwn }

// find takes what is known, or looks at the training images, or else at the set itself.
func (s *Stretch) find() {
	if s.Known != nil {
		s.found = *s.Known
		return
	}
	s.found.Basis = s.Own.Basis
	var seen []gathered // of each group
	if s.Training != nil {
		if of := s.Training(); of != nil {
			seen = of.samples(s.workers, s.groups)
		}
		s.byOwn = !slices.ContainsFunc(seen, gathered.any)
	}
	if s.Training == nil || s.byOwn {
		seen = s.Own.samples(s.workers, s.groups)
	}
	if s.groups == 1 {
		s.found.Spans = seen[0].spans()
		return
	}
	for _, g := range seen {
		s.found.Bands = append(s.found.Bands, g.spans())
	}
}

// gathered are samples of a group of channels: whole numbers of up to 16 bits, with the widest
// range of their types, and others.
type gathered struct {
	words, floats []float64
	widest        float64
}

func (g gathered) any() bool { return len(g.words)+len(g.floats) > 0 }

func (g gathered) spans() (found Spans) {
	all, s := percentiles(g.words)
	if len(all) > 0 && s.White-s.Black < levelSpan*g.widest {
		found.Words = s
	}
	found.Words.Unseen, found.Words.Crowded = len(all) == 0, crowded(all, found.Words, g.widest)
	all, s = percentiles(g.floats)
	if len(all) > 0 && s.set() {
		found.Floats = customary(all[0], all[len(all)-1], s)
	}
	found.Floats.Unseen, found.Floats.Crowded = len(all) == 0, crowded(all, found.Floats, 1)
	return found
}

// samples gives those of images all over a set, by groups of channels.
func (s *Sight) samples(workers, groups int) []gathered {
	n := s.Files
	look := min(n, levelImages)
	found, ranges := make([][][]float64, look), make([]float64, look) // 0 for floats
	var group errgroup.Group
	group.SetLimit(max(workers, 1))
	for i := range look {
		group.Go(func() error {
			_ = s.Picture(i*n/look, func(p *raster.Picture) {
				d := p.Samples()
				if d == nil || groups > 1 && d.Channels != groups {
					return
				}
				for g := range groups {
					found[i] = append(found[i], spread(d, g, groups))
				}
				if d.Floats == nil {
					ranges[i] = d.High - d.Low
				}
			}) // an error is reported when its turn comes
			return nil
		})
	}
	group.Wait() // there are no errors
	all := make([]gathered, groups)
	for i, channels := range found {
		for g, values := range channels {
			if of := &all[g]; ranges[i] == 0 {
				of.floats = append(of.floats, values...)
			} else {
				of.words, of.widest = append(of.words, values...), max(of.widest, ranges[i])
			}
		}
	}
	return all
}

// spread gives samples of one group of channels from all over an image.
func spread(d *raster.Deep, group, groups int) []float64 {
	n := d.Len() / groups
	some := make([]float64, 0, min(n, levelSamples))
	for i := range min(n, levelSamples) {
		at := int(int64(i)*int64(n)/int64(min(n, levelSamples)))*groups + group
		if !d.Empty(at) {
			some = append(some, d.At(at))
		}
	}
	return some
}

// dark says whether an image uses less than an eighth of its range.
func dark(d *raster.Deep) bool {
	limit := d.Low + (d.High-d.Low)/8
	for i := range d.Len() {
		if d.At(i) >= limit {
			return false
		}
	}
	return true
}
