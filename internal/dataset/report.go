package dataset

import (
	"errors"
	"strings"

	"cmae/internal/dataset/eightbit"
	"cmae/internal/dataset/pack"
)

// Report tells what was found. It is made to be printed as JSON.
type Report struct {
	Format Format        `json:"format"`
	Path   string        `json:"path"`
	Splits []SplitReport `json:"splits"`
	Bad    []BadFile     `json:"bad,omitempty"`
	// images that both splits have, the training split's first; Verify only
	Duplicates []Twins `json:"duplicates,omitempty"`
	// images that one split has in two classes; Verify only
	Conflicts []Twins  `json:"conflicts,omitempty"`
	Warnings  []string `json:"warnings,omitempty"`
	Notes     []string `json:"notes,omitempty"` // what is as it should be
	// what images of more than 8 bits were read with, where data.range is auto
	Levels *eightbit.Levels `json:"levels,omitempty"`
}

// SplitReport tells about one split.
type SplitReport struct {
	Name     string         `json:"name"`
	Images   int            `json:"images"`
	PerClass map[string]int `json:"per_class"` // empty without labels
	// images without a label among others that have one
	Unlabelled int `json:"unlabelled,omitempty"`
	Bad        int `json:"bad"` // files that could not be used
	// files among the images that are none by their name
	Ignored      int       `json:"ignored"`
	LeftOut      []LeftOut `json:"left_out,omitempty"` // these, each; Verify only
	Boxes        int       `json:"boxes"`              // images with a usable box
	MissingBoxes int       `json:"missing_boxes"`      // the others, in a split that has boxes
	SmallestSide int       `json:"smallest_side"`
	LargestSide  int       `json:"largest_side"`
	// files by their number of bands, transparency apart; Verify only
	Bands map[int]int `json:"bands,omitempty"`
	// packed file in use; empty when the pixels are in memory
	Cache    string `json:"cache,omitempty"`
	CacheHit bool   `json:"cache_hit"`
	// images with something that a user should know
	Traits map[eightbit.Trait]eightbit.Tally `json:"traits,omitempty"`
}

// BadFile is a file that could not be used.
type BadFile = pack.Bad

// Twins are two files with the same pixels.
type Twins struct {
	First  string `json:"first"`
	Second string `json:"second"`
}

// describe adds what was found of a split's images.
func (r *Report) describe(split string, found eightbit.Tallies, chosen *eightbit.Levels) {
	r.Warnings = append(r.Warnings, found.Lines(split, true)...)
	r.Notes = append(r.Notes, found.Lines(split, false)...)
	if chosen != nil && r.Levels == nil {
		r.Levels = chosen
		r.Notes = append(r.Notes, chosen.Notes()...)
		r.Warnings = append(r.Warnings, chosen.Warnings()...)
	}
}

func joinBad(files []BadFile) string {
	var parts []string
	for _, file := range files {
		parts = append(parts, file.Path+" ("+file.Reason+")")
	}
	return strings.Join(parts, ", ")
}

// newSplitReport starts with every class at 0, so that empty ones show.
func newSplitReport(s *source) SplitReport {
	report := SplitReport{
		Name: s.name, Ignored: len(s.leftOut), PerClass: make(map[string]int, len(s.classes)),
	}
	for _, class := range s.classes {
		report.PerClass[class] = 0
	}
	return report
}

// add counts one image of a source.
func (s *SplitReport) add(from *source, label, width, height int, boxed bool) {
	s.Images++
	switch {
	case label < 0:
		s.Unlabelled++
	case len(from.classes) > 0:
		s.PerClass[from.classes[label]]++
	}
	if boxed {
		s.Boxes++
	}
	if side := min(width, height); s.SmallestSide == 0 || side < s.SmallestSide {
		s.SmallestSide = side
	}
	s.LargestSide = max(s.LargestSide, width, height)
}

// countBands counts a file, which may have been left out for its bands.
func (s *SplitReport) countBands(one sample) {
	bands := one.traits.Bands
	if other := (*eightbit.BandsError)(nil); errors.As(one.bad, &other) {
		bands = other.Has
	}
	if bands > 0 {
		if s.Bands == nil {
			s.Bands = map[int]int{}
		}
		s.Bands[bands]++
	}
}

// finish counts what is only known at the end.
func (s *SplitReport) finish(numBad int) {
	s.Bad = numBad
	if s.Boxes > 0 {
		s.MissingBoxes = s.Images - s.Boxes
	}
}
