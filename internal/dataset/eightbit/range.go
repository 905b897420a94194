package eightbit

import (
	"strconv"
	"strings"

	"cmae/internal/config"
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

// Validate refuses what is none of these.
func (r Range) Validate() error {
	if _, _, ok := r.numbers(); ok || r == AutoRange || r == FullRange {
		return nil
	}
	return config.Faultf(
		"data.range", "%q is not auto, full or two rising numbers, such as 0,4095", string(r),
	)
}
