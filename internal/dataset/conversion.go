package dataset

import (
	"cmp"
	"fmt"

	"cmae/internal/config"
	"cmae/internal/dataset/eightbit"
)

// Conversion is how files become pixels: settings of Config that an encoder, or a classifier on
// one, must find as they were when it was trained.
type Conversion struct {
	Alpha           eightbit.Alpha   `json:"alpha"`
	Background      Colour           `json:"background"`
	ExifOrientation bool             `json:"exif_orientation"`
	Range           eightbit.Range   `json:"range"`
	Levels          *eightbit.Levels `json:"levels,omitempty"` // see Config
}

// Conversion is the one that the settings ask for.
func (c Config) Conversion() Conversion {
	return Conversion{c.Alpha, c.Background, c.ExifOrientation, c.Range, c.Levels}
}

// Convert takes over v, but for the settings that given names.
func (c *Config) Convert(v Conversion, given func(key string) bool) {
	if !given("data.alpha") {
		c.Alpha = v.Alpha
	}
	if !given("data.background") {
		c.Background = v.Background
	}
	if !given("data.exif_orientation") {
		c.ExifOrientation = v.ExifOrientation
	}
	if given("data.range") {
		c.Levels = nil
	} else {
		c.Range, c.Levels = v.Range, cmp.Or(v.Levels, c.Levels)
	}
}

// Check refuses what no settings for so many channels are.
func (v Conversion) Check(channels int) error {
	c := Default()
	c.Channels = channels
	c.Convert(v, func(string) bool { return false })
	if err := config.Check("data", c); err != nil {
		return err
	}
	return v.Levels.Validate(channels)
}

// Unusual says what is not as by default, a line a setting.
func (v Conversion) Unusual() (lines []string) {
	usual := Default().Conversion()
	say := func(is bool, key string, value any) {
		if is {
			lines = append(lines, fmt.Sprintf("%s %v", key, value))
		}
	}
	say(v.Alpha != usual.Alpha, "data.alpha", v.Alpha)
	say(v.Background != usual.Background, "data.background", fmt.Sprintf("#%x", v.Background[:]))
	say(v.ExifOrientation != usual.ExifOrientation, "data.exif_orientation", v.ExifOrientation)
	say(v.Range != usual.Range, "data.range", v.Range)
	if v.Levels != nil && v.Range == eightbit.AutoRange {
		lines = append(lines, v.Levels.Notes()...)
	}
	return lines
}

// FoundLevels is what data.range auto finds in the training images that c names, Levels where it
// knows them; nil where it would not look, as the images are gone or have 8 bits.
func (c Config) FoundLevels() *eightbit.Levels {
	switch {
	case c.Range != eightbit.AutoRange:
		return nil
	case c.Levels != nil || c.Path == "":
		return c.Levels
	}
	in, err := c.read(nil)
	if err != nil || in.train.decoder == nil {
		return nil
	}
	d := in.train.decoder
	defer d.close()
	if !d.Stretch.Own.Deep(c.workers()) {
		return nil
	}
	return d.Stretch.Chosen().Found()
}
