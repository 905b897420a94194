package recipe

import (
	"cmae/internal/contrastivecrop"
	"cmae/internal/dataset/augment"
)

// Unread is a setting that others leave without effect, and why.
type Unread struct{ Key, Why string }

// Unread lists the settings that others leave without effect. What belongs to a part of the loss
// that is switched off, by its weight, is not among them, nor what belongs to ContrastiveCrop
// where it is: a sweep switches them.
func (c Pretrain) Unread() []Unread {
	var all []Unread
	none := func(why string, keys ...string) {
		for _, key := range keys {
			all = append(all, Unread{key, why})
		}
	}
	if d := c.Decoder; c.Reconstruct.Weight > 0 && d.Depth == 0 {
		none("decoder.depth 0 has no blocks", d.Unread()...)
	} else if c.Reconstruct.Weight > 0 {
		none("decoder.kind "+string(d.Kind)+" has no such thing", d.Unread()...)
	}
	if t := c.Contrast; t.Weight > 0 {
		if t.Key == KeyBank {
			none("contrast.key bank has no momentum encoder", "contrast.momentum",
				"contrast.momentum_schedule")
			if !c.Augment.ColourQuery {
				none("contrast.key bank has one view, coloured by augment.colour_query alone",
					augment.Colours()...)
			}
		} else {
			none("contrast.key "+string(t.Key)+" has no bank", "contrast.bank_momentum")
		}
	}
	if crop := c.Crop; crop.Enabled {
		if !crop.Source.HasHeat() {
			none("crop.source "+string(crop.Source)+" has no heat map", "crop.net", "crop.rule",
				"crop.threshold", "crop.start", "crop.interval")
		} else if crop.Rule == contrastivecrop.Otsu {
			none("crop.rule otsu finds its own", "crop.threshold")
		}
	}
	return all
}
