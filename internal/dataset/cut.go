package dataset

import (
	"fmt"

	"cmae/internal/dataset/augment"
)

// Cut says in one line what an evaluation by c sees of the images, by the longest of those to
// evaluate on, or to train on where there are no others. It is empty where it sees all of all.
func (d *Data) Cut(c Config) string {
	set := d.Test
	if set == nil {
		set = d.Train
	}
	longest, aspect := 0, 1.
	for i := range set.Len() {
		w, h := float64(set.index.Widths[i]), float64(set.index.Heights[i])
		if a := max(w, h) / min(w, h); a > aspect {
			longest, aspect = i, a
		}
	}
	if aspect == 1 && c.CropPct == 1 {
		return ""
	}
	img := set.Image(longest)
	of := fmt.Sprintf("of the longest, %s of %dx%d,", set.Name(longest), img.Width, img.Height)
	switch c.Fit {
	case augment.FitSquash:
		return fmt.Sprintf(
			"evaluation sees all of each image, its sides made equal (data.fit): %s one side %.1f times "+
				"the other", of, aspect,
		)
	case augment.FitPad:
		return fmt.Sprintf(
			"evaluation sees all of each image amid data.background (data.fit): %s in %.0f %% of the "+
				"view", of, 100/aspect,
		)
	}
	return fmt.Sprintf(
		"evaluation sees the central square of each image (data.fit, data.crop_pct): %s %.0f %% of "+
			"the area", of, 100*c.CropPct*c.CropPct/aspect,
	)
}
