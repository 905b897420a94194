package exchange

import (
	"encoding/json"
	"strings"
	"testing"

	"cmae/internal/dataset"
	"cmae/internal/dataset/augment"
	"cmae/internal/dataset/eightbit"
	"cmae/internal/recipe"
)

// TestSettingsOfSquares: how images become squares travels with the weights, to cmae and to timm.
func TestSettingsOfSquares(t *testing.T) {
	for _, c := range []struct {
		fit   augment.Fitting
		share float64
		mode  string
		dataset.Colour
	}{
		{augment.FitCrop, 1, "center", dataset.Colour{255, 255, 255}},
		{augment.FitCrop, .875, "center", dataset.Colour{255, 255, 255}},
		{augment.FitSquash, 1, "squash", dataset.Colour{255, 255, 255}},
		{augment.FitPad, 1, "border", dataset.Colour{1, 0, 254}},
	} {
		of := recipe.DefaultPretrain()
		of.Data.Fit, of.Data.CropPct, of.Data.Background = c.fit, c.share, c.Colour
		s := settings(of, 32)
		text, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		back, err := recipe.OfWeights("f", text)
		if d := back.Data; err != nil || d.Fit != c.fit || d.CropPct != c.share ||
			d.Background != c.Colour {
			t.Errorf("%+v came back as %v, %v, %v; %v", c, d.Fit, d.CropPct, d.Background, err)
		}
		p := timmConfig(s, of.Encoder(), nil).Pretrained
		if p.CropShare != c.share || p.CropMode != c.mode {
			t.Errorf("%+v: timm is told %v, %s", c, p.CropShare, p.CropMode)
		}
	}
}

// TestSettingsOfPixels: how files become pixels travels with the weights, where it is unusual.
func TestSettingsOfPixels(t *testing.T) {
	usual := dataset.Default().Conversion()
	drop, background, stored, numbers := usual, usual, usual, usual
	drop.Alpha, background.Background = eightbit.DropAlpha, dataset.Colour{}
	stored.ExifOrientation, numbers.Range = false, "600,640"
	for _, want := range []dataset.Conversion{usual, drop, background, stored, numbers} {
		of := recipe.DefaultPretrain()
		of.Data.Convert(want, func(string) bool { return false })
		text, err := json.Marshal(settings(of, 32))
		if err != nil {
			t.Fatal(err)
		}
		back, err := recipe.OfWeights("f", text)
		if got := back.Data.Conversion(); err != nil || got != want {
			t.Errorf("%+v came back as %+v; %v", want, got, err)
		}
		// what was written before is still what the defaults are
		for _, key := range []string{"alpha", "background", "exif_orientation", "range", "levels"} {
			if want == usual && strings.Contains(string(text), key) {
				t.Errorf("by default there is %s in %s", key, text)
			}
		}
	}
}
