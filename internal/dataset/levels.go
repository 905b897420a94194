package dataset

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"cmae/internal/config"
	"cmae/internal/dataset/raster"
)

// Range says which values of images of more than 8 bits become black and white: AutoRange,
// FullRange, or two numbers with a comma between.
type Range string

// AutoRange takes percentiles of the training images, unless they fill their type well; FullRange
// is all that the type holds.
const (
	AutoRange Range = "auto"
	FullRange Range = "full"
)

// UnmarshalText takes brackets and spaces away, so that [0, 4095] is 0,4095.
func (r *Range) UnmarshalText(text []byte) error {
	trimmed := strings.Trim(string(text), "[] ")
	fields := strings.FieldsFunc(trimmed, func(c rune) bool { return c == ',' || c == ' ' })
	*r = Range(strings.Join(fields, ","))
	return nil
}

// numbers are the two values, if there are.
func (r Range) numbers() (black, white float64, ok bool) {
	fields := strings.Split(string(r), ",")
	if len(fields) != 2 {
		return 0, 0, false
	}
	black, err1 := strconv.ParseFloat(fields[0], 64)
	white, err2 := strconv.ParseFloat(fields[1], 64)
	finite := black-black == 0 && white-white == 0
	return black, white, err1 == nil && err2 == nil && finite && black < white
}

func (r Range) validate() error {
	if _, _, ok := r.numbers(); ok || r == AutoRange || r == FullRange {
		return nil
	}
	return config.Faultf(
		"data.range", "%q is not auto, full or two rising numbers, such as 0,4095", string(r),
	)
}

// levels finds black and white for a set, when the first image needs them.
type levels struct {
	setting Range
	workers int
	groups  int // 1 where all channels have the same black and white, else their number
	own     sight
	// what goes before, where images are read that a run was not trained on; nil where it is gone
	training func() *sight

	once  sync.Once
	found Levels
	byOwn bool // training was asked for in vain
}

// sight is what auto looks at.
type sight struct {
	entries []entry
	picture sighting
	basis   string // a hash of the entries
}

// sighting reads a file and hands its picture to use.
type sighting func(e entry, use func(*raster.Picture)) error

// Auto looks at so many images, spread over the set, and at so many samples of each; the shares of
// them below black and above white are equal. A set that spans the fourth part of what its type
// holds is left as it is.
const (
	levelImages  = 512
	levelSamples = 4096
	levelShare   = .001
	levelSpan    = .25
)

// Span are the values that become black and white; both 0 where those of the type are right.
type Span struct {
	Black float64 `json:"black"`
	White float64 `json:"white"`
}

func (s Span) set() bool { return s.Black != s.White }

// Spans are black and white for samples of either kind.
type Spans struct {
	Words  Span `json:"words"`  // for whole numbers of up to 16 bits
	Floats Span `json:"floats"` // for all others
}

// Levels are what AutoRange chose for a set.
type Levels struct {
	Spans
	Basis string  `json:"basis"`           // a hash of the files that it looked at
	Bands []Spans `json:"bands,omitempty"` // of each channel, in place of those of all
}

// of gives black and white for a channel of an image.
func (l *levels) of(d *raster.Deep, channel int) (black, white float64) {
	black, white, fixed := l.setting.numbers()
	if fixed {
		return black, white
	}
	if l.setting == AutoRange {
		l.once.Do(l.find)
		spans := l.found.Spans
		if channel < len(l.found.Bands) {
			spans = l.found.Bands[channel]
		}
		span := spans.Words
		if d.Floats != nil {
			span = spans.Floats
		}
		if span.set() {
			return span.Black, span.White
		}
	}
	return d.Low, d.High
}

// chosen is what auto chose, if it was asked.
func (l *levels) chosen() *Levels {
	if l == nil || l.setting != AutoRange {
		return nil
	}
	l.once.Do(l.find)
	found := l.found
	return &found
}

// look lets auto look at the files of a set.
func (l *levels) look(entries []entry, picture sighting) {
	hash := sha256.New()
	for _, e := range entries {
		fmt.Fprintf(hash, "%q %q\n", e.name, e.stamp)
	}
	l.own = sight{entries, picture, hex.EncodeToString(hash.Sum(nil)[:16])}
}

// find looks at the training images, or else at the set itself.
func (l *levels) find() {
	l.found.Basis = l.own.basis
	var seen []gathered // of each group
	if l.training != nil {
		if s := l.training(); s != nil {
			seen = s.samples(l.workers, l.groups)
		}
		l.byOwn = !slices.ContainsFunc(seen, gathered.any)
	}
	if l.training == nil || l.byOwn {
		seen = l.own.samples(l.workers, l.groups)
	}
	if l.groups == 1 {
		l.found.Spans = seen[0].spans()
		return
	}
	for _, g := range seen {
		l.found.Bands = append(l.found.Bands, g.spans())
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
	if all, s := percentiles(g.words); len(all) > 0 && s.White-s.Black < levelSpan*g.widest {
		found.Words = s
	}
	if all, s := percentiles(g.floats); len(all) > 0 && s.set() {
		found.Floats = customary(all[0], all[len(all)-1], s)
	}
	return found
}

// samples gives those of images all over a set, by groups of channels.
func (s *sight) samples(workers, groups int) []gathered {
	n := len(s.entries)
	look := min(n, levelImages)
	found, ranges := make([][][]float64, look), make([]float64, look) // 0 for floats
	var group errgroup.Group
	group.SetLimit(max(workers, 1))
	for i := range look {
		group.Go(func() error {
			_ = s.picture(s.entries[i*n/look], func(p *raster.Picture) {
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

// percentiles sorts samples and gives those between which nearly all lie.
func percentiles(samples []float64) ([]float64, Span) {
	if len(samples) == 0 {
		return nil, Span{}
	}
	slices.Sort(samples)
	cut := int(levelShare * float64(len(samples)))
	return samples, Span{samples[cut], samples[len(samples)-1-cut]}
}

// customary gives 0 and the 1, 255 or 65535 that numbers of a type without a range of its own
// mostly end at, or what it is given where that spans too little of it.
func customary(lowest, highest float64, s Span) Span {
	for _, top := range []float64{1, 255, 65535} {
		if lowest >= 0 && highest <= top {
			if s.White-s.Black >= levelSpan*top {
				return Span{0, top}
			}
			break
		}
	}
	return s
}

// spread gives samples of one group of channels from all over an image.
func spread(d *raster.Deep, group, groups int) []float64 {
	n := d.Len() / groups
	some := make([]float64, 0, min(n, levelSamples))
	for i := range min(n, levelSamples) {
		v := d.At(int(int64(i)*int64(n)/int64(min(n, levelSamples)))*groups + group)
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			some = append(some, v)
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
