package dataset

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"cmae/internal/dataset/eightbit"
)

// gray16 is a PNG of 16 bits whose values rise from low to high.
func gray16(low, high int) []byte {
	img := image.NewGray16(image.Rect(0, 0, 8, 8))
	for i := range 64 {
		img.SetGray16(i%8, i/8, color.Gray16{uint16(low + (high-low)*i/63)})
	}
	return encodePNG(img)
}

func deepFolder(t *testing.T, low, high int) string {
	files := map[string][]byte{}
	for i := range 6 {
		files[fmt.Sprintf("train/a/%d.png", i)] = gray16(low, high)
		files[fmt.Sprintf("val/a/%d.png", i)] = gray16(low, (low+high)/2)
	}
	return write(t, t.TempDir(), files)
}

func TestRange(t *testing.T) {
	dir := deepFolder(t, 1000, 5095)
	for _, c := range []struct {
		setting             eightbit.Range
		black, white, test  int // of the training images' ends, and the last pixel for testing
		warned, toldOfRange bool
	}{
		{eightbit.AutoRange, 0, 255, 127, false, true},
		{eightbit.FullRange, 3, 19, 11, true, false},
		{"1000,5095", 0, 255, 127, false, false},
		{"0,10190", 25, 128, 76, false, false},
	} {
		config := configFor(t, dir)
		config.Range = c.setting
		for round := range 2 { // from the files, then from the cache
			data := mustOpen(t, config)
			pix, last := data.Train.Image(0).Pix, data.Test.Image(0).Pix
			if int(pix[0]) != c.black || int(pix[len(pix)-1]) != c.white ||
				int(last[len(last)-1]) != c.test {
				t.Errorf(
					"%s: %d to %d, test %d, want %+v", c.setting, pix[0], pix[len(pix)-1],
					last[len(last)-1], c,
				)
			}
			warned := strings.Contains(strings.Join(data.Report.Warnings, " "), "data.range")
			toldOfRange := data.Report.Levels != nil && data.Report.Levels.Words.Black == 1000
			if warned != c.warned || toldOfRange != c.toldOfRange ||
				data.Report.Splits[0].CacheHit != (round == 1) {
				t.Errorf("%s, round %d: %+v", c.setting, round, data.Report)
			}
		}
	}
	// a set that fills its type stays as it is
	data := mustOpen(t, configFor(t, deepFolder(t, 0, 65535)))
	if pix := data.Train.Image(0).Pix; pix[3] != uint8(65535/63>>8) {
		t.Errorf("second pixel %d", pix[3])
	}
}

// TestLevelsFollowTheSet: other training images choose other levels, for the cached test images
// too.
func TestLevelsFollowTheSet(t *testing.T) {
	dir := deepFolder(t, 1000, 5095)
	config := configFor(t, dir)
	before := mustOpen(t, config).Test.Digest()
	if err := os.WriteFile(
		filepath.Join(dir, "train/a/9.png"), gray16(1000, 9000), 0o644,
	); err != nil {
		t.Fatal(err)
	}
	if mustOpen(t, config).Test.Digest() == before {
		t.Error("the test images kept the levels of other training images")
	}
	r, err := Verify(context.Background(), config, nil)
	if err != nil || r.Splits[1].Traits[eightbit.Deep].Files != 6 || r.Levels == nil {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestBadRanges(t *testing.T) {
	for _, r := range []eightbit.Range{"", "dark", "1", "2,1", "1,1", "0,NaN", "0,1e999", "1,2,3"} {
		config := Default()
		if config.Range = r; config.Validate() == nil {
			t.Errorf("%q is accepted", r)
		}
	}
}

func TestDroppedAlpha(t *testing.T) {
	band := one(image.NewNRGBA(image.Rect(0, 0, 4, 4)), color.NRGBA{200, 100, 50, 30})
	dir := write(t, t.TempDir(), map[string][]byte{"a.png": encodePNG(band)})
	config := configFor(t, dir)
	data := mustOpen(t, config)
	if got := firstPixel(data.Train, 0); got == [3]uint8{200, 100, 50} {
		t.Errorf("blended to %v", got)
	}
	if !strings.Contains(strings.Join(data.Report.Warnings, " "), "data.alpha") {
		t.Errorf("warnings %q", data.Report.Warnings)
	}
	config.Alpha = eightbit.DropAlpha
	data = mustOpen(t, config)
	if got := firstPixel(data.Train, 0); got != [3]uint8{200, 100, 50} {
		t.Errorf("dropped to %v", got)
	}
	if len(data.Report.Warnings) > 0 {
		t.Errorf("warnings %q", data.Report.Warnings)
	}
}

// TestLevelsOfTheTraining: images that are read for an encoder get the levels of the images that it
// was trained on, as long as these are there.
func TestLevelsOfTheTraining(t *testing.T) {
	dir := deepFolder(t, 1000, 5095)
	c := configFor(t, dir)
	one := write(t, t.TempDir(), map[string][]byte{"a.png": gray16(1000, 3047)})
	last := func(c Config) (uint8, []string) {
		images, err := OpenFiles(c, nil, filepath.Join(one, "a.png"))
		if err != nil {
			t.Fatal(err)
		}
		var got uint8
		_, err = images.Each(context.Background(), func(_ string, img Image) error {
			got = img.Pix[len(img.Pix)-1]
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return got, images.Warnings()
	}
	if v, warnings := last(c); v != 127 || len(warnings) != 0 {
		t.Errorf("with the training images: %d, %q", v, warnings)
	}
	c.Path = filepath.Join(dir, "gone")
	if v, warnings := last(c); v != 255 || len(warnings) != 1 {
		t.Errorf("without: %d, %q", v, warnings)
	}
	c.Path = dir
	c.Levels = c.FoundLevels()
	c.Path = filepath.Join(dir, "gone")
	if v, warnings := last(c); v != 127 || len(warnings) != 0 || c.FoundLevels() != c.Levels {
		t.Errorf("by what was found: %d, %q", v, warnings)
	}
	if l := mustOpen(t, configFor(t, dir)).Report.Levels.Found(); !reflect.DeepEqual(l, c.Levels) {
		t.Errorf("found %+v, and the data has %+v", c.Levels, l)
	}
	shallow := configFor(t, write(t, t.TempDir(), map[string][]byte{
		"a.png": encodePNG(image.NewGray(image.Rect(0, 0, 8, 8))),
	}))
	if l := shallow.FoundLevels(); l != nil {
		t.Errorf("of 8 bits: %+v", l)
	}
}

// TestKnownLevelsOfBands: levels that were found channel by channel come back as such.
func TestKnownLevelsOfBands(t *testing.T) {
	array := func(white, other int) []byte {
		header := "{'descr': '<u2', 'fortran_order': False, 'shape': (8, 8, 2), }\n"
		data := fmt.Appendf(nil, "\x93NUMPY\x01\x00%c\x00%s", len(header), header)
		for i := range 64 {
			for _, top := range []int{white, other} {
				v := 100 + i*(top-100)/63
				data = append(data, byte(v), byte(v>>8))
			}
		}
		return data
	}
	c := configFor(t, write(t, t.TempDir(), map[string][]byte{
		"train/a/1.npy": array(1100, 4100), "train/a/2.npy": array(1100, 4100),
	}))
	c.Channels = 2
	seen := func(c Config) (pix []uint8) {
		dir := write(t, t.TempDir(), map[string][]byte{"a.npy": array(600, 2100)})
		images, err := OpenImages(c, dir, nil)
		if err == nil {
			_, err = images.Each(context.Background(), func(_ string, img Image) error {
				pix = append(pix, img.Pix...)
				return nil
			})
		}
		if err != nil {
			t.Fatal(err)
		}
		return pix
	}
	want := seen(c)
	c.Levels = c.FoundLevels()
	if c.Levels == nil || len(c.Levels.Bands) != 2 || c.Levels.Validate(2) != nil {
		t.Fatalf("%+v", c.Levels)
	}
	c.Path = ""
	if got := seen(c); !slices.Equal(got, want) || got[len(got)-1] != 128 {
		t.Errorf("got %v, want %v", got, want)
	}
}
