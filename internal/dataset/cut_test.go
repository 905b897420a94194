package dataset

import (
	"image/color"
	"strings"
	"testing"

	"cmae/internal/dataset/augment"
)

func TestCut(t *testing.T) {
	square := grays("train/a.png", "train/b.png", "val/a.png")
	wide := grays("train/a.png", "train/b.png", "val/a.png")
	wide["val/long.png"] = pngOf(40, 8, color.Gray{9})
	cases := []struct {
		files map[string][]byte
		fit   augment.Fitting
		pct   float64
		says  string
	}{
		{square, augment.FitCrop, 1, ""},
		{square, augment.FitPad, 1, ""},
		{square, augment.FitCrop, .5, "25 % of the area"},
		{wide, augment.FitCrop, 1, "val/long.png of 40x8, 20 % of the area"},
		{wide, augment.FitCrop, .5, "5 % of the area"},
		{wide, augment.FitSquash, 1, "one side 5.0 times the other"},
		{wide, augment.FitPad, 1, "in 20 % of the view"},
	}
	for _, c := range cases {
		config := configFor(t, write(t, t.TempDir(), c.files))
		config.Fit, config.CropPct = c.fit, c.pct
		got := mustOpen(t, config).Cut(config)
		if !strings.Contains(got, c.says) || (got == "") != (c.says == "") {
			t.Errorf("%s %v: %q, want %q", c.fit, c.pct, got, c.says)
		}
	}
}

func TestFitIsChecked(t *testing.T) {
	c := Default()
	c.Fit, c.CropPct = augment.FitPad, .875
	if err := c.Validate(); err == nil || !strings.Contains(err.Error(), "data.crop_pct") {
		t.Error(err)
	}
	c.Fit, c.ImageSize, c.StoreSide = augment.FitCrop, 224, 250
	if err := c.Validate(); err == nil || !strings.Contains(err.Error(), "data.crop_pct, 256") {
		t.Error(err)
	}
	c.StoreSide = 256
	if err := c.Validate(); err != nil {
		t.Error(err)
	}
}
