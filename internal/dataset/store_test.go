package dataset

import (
	"image/color"
	"strings"
	"testing"
)

// TestStoreSide: images are stored as large as the smallest crops need, within bounds, and said to.
func TestStoreSide(t *testing.T) {
	for _, c := range []struct {
		image, store int
		smallest     float64
		want         int
		enlarged     bool
	}{
		{32, 0, .25, 0, false}, {32, 0, .2, 0, false}, {32, 0, .04, 160, false}, {0, 0, .01, 0, false},
		{32, 100, .04, 100, true}, {224, 0, .005, 2048, true}, {1500, 0, .1, 3000, true},
		{224, 0, .01, 2048, false}, {224, 0, .08, 792, false},
	} {
		config := Config{ImageSize: c.image, StoreSide: c.store}.ForCrops(c.smallest)
		if _, is := config.Enlarged(c.smallest); config.StoreSide != c.want || is != c.enlarged {
			t.Errorf("%+v: %d, enlarged %t", c, config.StoreSide, is)
		}
	}
	config := configFor(t, write(t, t.TempDir(), map[string][]byte{
		"a.png": pngOf(300, 200, color.Gray{1}), "b.png": pngOf(30, 20, color.Gray{2}),
	}))
	config.ImageSize = 16
	if img := mustOpen(t, config).Train.Image(0); img.Height != 32 {
		t.Errorf("stored with %d", img.Height)
	}
	config.StoreSide = 100
	data := mustOpen(t, config)
	if img := data.Train.Image(0); img.Width != 150 || img.Height != 100 ||
		data.Report.Splits[0].CacheHit ||
		!strings.Contains(strings.Join(data.Report.Notes, "\n"), "side of at most 100") {
		t.Errorf("stored with %d x %d, %+v", img.Width, img.Height, data.Report)
	}
	config.StoreSide = 15
	if err := config.Validate(); err == nil || !strings.Contains(err.Error(), "data.store_side") {
		t.Errorf("a side below image_size: %v", err)
	}
}
