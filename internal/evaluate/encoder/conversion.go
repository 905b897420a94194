package encoder

import (
	"slices"

	"cmae/internal/dataset"
)

// Conversion is how files of the data have become pixels, with the black and white that was found
// in those of more than 8 bits.
func (e *Encoder) Conversion() dataset.Conversion {
	v := e.Config.Data.Conversion()
	if e.data != nil {
		v.Levels = e.data.Report.Levels.Found()
	}
	return v
}

// Convert has files become pixels as the file at path keeps it, but for what --set says.
func (e *Encoder) Convert(kept dataset.Conversion, path string) {
	e.Config.Data.Convert(kept, e.changes.Sets)
	e.sayKept(kept, path)
}

// sayKept says what of a conversion that the file at path keeps is unusual, and in effect.
func (e *Encoder) sayKept(kept dataset.Conversion, path string) {
	now := e.Config.Data.Conversion().Unusual()
	for _, line := range kept.Unusual() {
		if slices.Contains(now, line) {
			e.Console.Log("%s, as %s keeps it", line, path)
		}
	}
}
