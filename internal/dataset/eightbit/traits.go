package eightbit

import (
	"fmt"
	"maps"
	"slices"

	"cmae/internal/report"
)

// Trait is something of a file that was read and that a user should know.
type Trait string

// The traits.
const (
	Turned     Trait = "turned"     // by its orientation tag
	FirstPage  Trait = "pages"      // has several, of which the first is taken
	FirstFrame Trait = "frames"     // is an animation, of which the first frame is taken
	ExtraBand  Trait = "extra_band" // has a band besides the colours that was left out
	Elongated  Trait = "elongated"  // has a side more than twice as long as the other
	Veiled     Trait = "veiled"     // is half transparent almost everywhere
	Deep       Trait = "deep"       // has more than 8 bits a sample
	Dark       Trait = "dark"       // has more, and uses almost none of its range
	Clear      Trait = "clear"      // is transparent almost everywhere, over colours that differ
	Holes      Trait = "holes"      // has samples that are no numbers, or were not measured
	Foreign    Trait = "foreign"    // has samples of another type than the training images
)

// told says what each trait means, after the number of files. Those that begin a warning are likely
// to be a mistake.
var told = map[Trait]struct {
	text string
	warn bool
}{
	Turned:     {"turned upright, by their orientation tag (data.exif_orientation)", false},
	FirstPage:  {"of several pages, of which the first is taken", true},
	FirstFrame: {"that move, of which the first frame is taken", true},
	ExtraBand: {
		"with a band besides the colours that is not called transparency: it is left out", true,
	},
	Veiled: {
		"half transparent almost everywhere, blended over data.background: if the fourth band is " +
			"no transparency (near infrared, say), set data.alpha to drop",
		true,
	},
	Clear: {
		"wholly transparent almost everywhere, so that data.background is all there is to see: if " +
			"the fourth band is no transparency, set data.alpha to drop",
		true,
	},
	Holes: {
		"with samples that are no numbers, or that the file calls no data: they come out black",
		false,
	},
	Foreign: {
		"with samples of another type than the training images (whole numbers, or floats), read " +
			"with the same black and white: set data.range if that is not right",
		true,
	},
	Elongated: {
		"more than twice as long one way as the other: evaluation sees their central square " +
			"alone, or what data.fit says",
		false,
	},
	Deep: {"of more than 8 bits", false},
	Dark: {
		"of more than 8 bits that use less than an eighth of their range and come out nearly " +
			"black: set data.range to auto, or to their darkest and brightest value",
		true,
	},
}

// Traits are what is known of one file.
type Traits struct {
	List  []Trait
	Bands int // of the file, transparency apart unless it is one of them; 0 where it is no file
}

func (t *Traits) add(trait Trait, has bool) {
	if has {
		t.List = append(t.List, trait)
	}
}

// Tally counts the files of a split that have a trait.
type Tally struct {
	Files int    `json:"files"`
	First string `json:"first"` // the first of them
}

// Tallies count the files of a split by trait.
type Tallies map[Trait]Tally

// Add counts a file.
func (t *Tallies) Add(found Traits, name string) {
	for _, trait := range found.List {
		if *t == nil {
			*t = Tallies{}
		}
		one := (*t)[trait]
		if one.Files++; one.Files == 1 {
			one.First = name
		}
		(*t)[trait] = one
	}
}

// Lines tell what was found, a line a trait, those that warn or the others.
func (t Tallies) Lines(split string, warn bool) (lines []string) {
	for _, trait := range slices.Sorted(maps.Keys(t)) {
		one, what := t[trait], told[trait]
		if what.warn == warn {
			lines = append(lines, fmt.Sprintf(
				"%s: %s %s (the first: %s)", split, report.Count(one.Files, "image"), what.text,
				one.First,
			))
		}
	}
	return lines
}
