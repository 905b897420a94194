package dataset

import (
	"slices"

	"cmae/internal/config"
	"cmae/internal/dataset/eightbit"
)

// validateChannels checks what depends on the number of channels.
func (c Config) validateChannels() error {
	switch {
	case c.Alpha == eightbit.AlphaBand && c.Channels == 3:
		return config.Faultf(
			"data.alpha", "%q makes transparency one of data.channels, which is 3, for colours: set "+
				"data.channels to 4, or to 2 for gray images", c.Alpha,
		)
	case len(c.Show) != 0 && len(c.Show) != 1 && len(c.Show) != 3:
		return config.Faultf(
			"data.show", "has %d values: give three channels, for red, green and blue, or one",
			len(c.Show),
		)
	case len(c.Show) > 0 && slices.Max(c.Show) >= c.Channels:
		return config.Faultf(
			"data.show", "channel %d is not below data.channels %d", slices.Max(c.Show), c.Channels,
		)
	}
	return nil
}

// fits refuses a number of channels that images of a format with one of its own do not have.
func (c Config) fits(f Format) error {
	own, may := "", []int(nil)
	switch f {
	case CIFAR10, CIFAR100, Clutter, Surfaces:
		own, may = "red, green and blue: set it to 3", []int{3}
	case IDX, FashionMNISTMini:
		own, may = "gray: set it to 1, or to 3 for three equal channels", []int{1, 3}
	default:
		return nil
	}
	if !slices.Contains(may, c.Channels) {
		return config.Invalid(config.Faultf(
			"data.channels", "%d, but images of %s are %s", c.Channels, f, own,
		))
	}
	return nil
}

// Shown are the channels, from 0, that pictures show as red, green and blue.
func (c Config) Shown() [3]int {
	switch {
	case len(c.Show) == 3:
		return [3]int(c.Show)
	case len(c.Show) == 1:
		return [3]int{c.Show[0], c.Show[0], c.Show[0]}
	case c.Channels < 3:
		return [3]int{}
	}
	return [3]int{0, 1, 2}
}
