package eightbit

import "fmt"

// Span are the values that become black and white; both 0 where those of the type are right.
type Span struct {
	Black float64 `json:"black"`
	White float64 `json:"white"`
	// nine tenths of the samples lie in a sixteenth of what becomes black to white
	Crowded bool `json:"crowded,omitempty"`
	Unseen  bool `json:"unseen,omitempty"` // no sample of this kind was looked at
}

func (s Span) set() bool { return s.Black != s.White }

// Spans are black and white for samples of either kind.
type Spans struct {
	Words  Span `json:"words"`  // for whole numbers of up to 16 bits
	Floats Span `json:"floats"` // for all others
}

// found is s without what warns of the set.
func (s Spans) found() Spans {
	s.Words.Crowded, s.Floats.Crowded = false, false
	return s
}

// Levels are what AutoRange chose for a set.
type Levels struct {
	Spans
	Basis string  `json:"basis,omitempty"` // a hash of the files that it looked at
	Bands []Spans `json:"bands,omitempty"` // of each channel, in place of those of all
}

// Warnings tell of samples that come out nearly alike.
func (l *Levels) Warnings() (lines []string) {
	for _, spans := range append([]Spans{l.Spans}, l.Bands...) {
		if spans.Words.Crowded || spans.Floats.Crowded {
			return []string{
				"nine tenths of the samples of more than 8 bits lie in a sixteenth of what becomes " +
					"black to white, so that images show little: set data.range to their darkest " +
					"and brightest value",
			}
		}
	}
	return nil
}

// Found is l for other sets than the one it was found in.
func (l *Levels) Found() *Levels {
	if l == nil {
		return nil
	}
	found := &Levels{Spans: l.Spans.found()}
	for _, spans := range l.Bands {
		found.Bands = append(found.Bands, spans.found())
	}
	return found
}

// Validate refuses what cannot have been chosen for so many channels.
func (l *Levels) Validate(channels int) error {
	if l == nil {
		return nil
	}
	if len(l.Bands) != 0 && len(l.Bands) != channels {
		return fmt.Errorf("levels of %d bands for %d channels", len(l.Bands), channels)
	}
	for _, spans := range append([]Spans{l.Spans}, l.Bands...) {
		for _, s := range []Span{spans.Words, spans.Floats} {
			if !(s.Black <= s.White) {
				return fmt.Errorf("levels with %g for black and %g for white", s.Black, s.White)
			}
		}
	}
	return nil
}

// Notes say what is black and white.
func (l *Levels) Notes() (lines []string) {
	note := func(whose string, spans Spans) {
		for _, s := range []Span{spans.Words, spans.Floats} {
			if s.set() {
				lines = append(lines, fmt.Sprintf(
					"%s: %g is black and %g white, by the training images (data.range)", whose,
					s.Black, s.White,
				))
			}
		}
	}
	note("images of more than 8 bits", l.Spans)
	for i, spans := range l.Bands {
		note(fmt.Sprintf("channel %d of more than 8 bits", i), spans)
	}
	return lines
}
