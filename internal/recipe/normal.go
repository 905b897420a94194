package recipe

import (
	"cmae/internal/config"
	"cmae/internal/dataset/augment"
)

// normalFor gives mean and deviation that are not for so many channels the default: ImageNet's for
// three, none, to be measured, for another number.
func normalFor(channels int, mean, std *[]float64) {
	if len(*mean) == channels {
		return
	}
	*mean, *std = []float64{}, []float64{}
	if d := augment.Default(); channels == d.Channels() {
		*mean, *std = d.Mean, d.Std
	}
}

// CheckNormal refuses mean and deviation, of section augment, that are not of data.channels. Both
// may be empty: then they are measured.
func (c Common) CheckNormal(mean, std []float64) error {
	if len(mean)+len(std) == 0 {
		return nil
	}
	for _, list := range []struct {
		key    string
		values []float64
	}{{"augment.mean", mean}, {"augment.std", std}} {
		if len(list.values) != c.Data.Channels {
			return config.Faultf(
				list.key, "has %d values, needs %d (data.channels)", len(list.values),
				c.Data.Channels,
			)
		}
	}
	return nil
}

// PresetChannels brings the defaults for so many channels.
func (c *Pretrain) PresetChannels(channels int) {
	normalFor(channels, &c.Augment.Mean, &c.Augment.Std)
}

// Preset brings what depends on data.channels (see package config).
func (r *reader) Preset(chosen any) {
	normalFor(chosen.(reader).Data.Channels, &r.Augment.Mean, &r.Augment.Std)
}

// Look is how pictures show the images.
func (c Pretrain) Look() augment.Look {
	return augment.Look{Normal: c.Augment, Channels: c.Data.Shown()}
}
