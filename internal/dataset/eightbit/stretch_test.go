package eightbit

import (
	"math"
	"slices"
	"testing"

	"cmae/internal/dataset/raster"
)

// wordsOf and floatsOf are gray pictures of a row of samples.
func wordsOf(values ...uint16) *raster.Picture {
	d := &raster.Deep{Width: len(values), Height: 1, Channels: 1, High: 65535, Ints: values}
	return &raster.Picture{Width: len(values), Height: 1, Deep: d}
}

func floatsOf(values ...float32) *raster.Picture {
	d := &raster.Deep{Width: len(values), Height: 1, Channels: 1, High: 1, Floats: values}
	return &raster.Picture{Width: len(values), Height: 1, Deep: d}
}

// auto is a converter of gray images whose black and white are those of one training picture.
func auto(training *raster.Picture) Converter {
	c := converter(1, BlendAlpha)
	c.Stretch = NewStretch(AutoRange, 1, 1)
	c.Stretch.Own = Sight{Files: 1, Picture: func(_ int, use func(*raster.Picture)) error {
		use(training)
		return nil
	}}
	return c
}

// ramp are n values one apart.
func ramp[T uint16 | float32](from, n int) (values []T) {
	for i := range n {
		values = append(values, T(from+i))
	}
	return values
}

// TestNoData: values that stand for none are left out of black and white, and come out black or
// white themselves; one that lies among the others, or of few values, is one of them.
func TestNoData(t *testing.T) {
	tagged := floatsOf(append(ramp[float32](200, 400), slices.Repeat([]float32{199}, 40)...)...)
	tagged.Deep.NoData = new(float64)
	*tagged.Deep.NoData = 199
	nothing := []float32{float32(math.NaN()), float32(math.Inf(1))}
	lowest := slices.Repeat([]float32{-math.MaxFloat32}, 90)
	ends := []float32{-9999, -9999, 65535, 65535}
	overflows := slices.Repeat([]uint16{65535}, 9)
	for name, c := range map[string]struct {
		training     *raster.Picture
		black, white float64
	}{
		"none":         {floatsOf(ramp[float32](200, 400)...), 200, 599},
		"-9999":        {floatsOf(append(ramp[float32](200, 400), -9999, -9999)...), 200, 599},
		"lowest":       {floatsOf(append(ramp[float32](200, 400), lowest...)...), 200, 599},
		"both ends":    {floatsOf(append(ramp[float32](200, 400), ends...)...), 200, 599},
		"tagged":       {tagged, 200, 599},
		"not a number": {floatsOf(append(ramp[float32](200, 400), nothing...)...), 200, 599},
		"overflow":     {wordsOf(append(ramp[uint16](0, 700), overflows...)...), 0, 699},
		"near":         {floatsOf(append(ramp[float32](200, 400), 0, 0)...), 0, 599},
		"two values":   {floatsOf(1000, 1000, 2000, 2000, 2000), 1000, 2000},
	} {
		conv := auto(c.training)
		black, white, foreign := conv.Stretch.of(c.training.Deep, 0)
		if black != c.black || white != c.white || foreign {
			t.Errorf("%s: %g to %g, foreign %v", name, black, white, foreign)
		}
		img, _, err := conv.Convert(c.training)
		if err != nil || name == "tagged" && img.Pix[len(img.Pix)-1] != 0 {
			t.Errorf("%s: %v, %v", name, img.Pix, err)
		}
	}
}

// TestHoles: samples that are none are told of, and a picture without any other is a bad one.
func TestHoles(t *testing.T) {
	nan := float32(math.NaN())
	img, found, err := converter(1, BlendAlpha).Convert(floatsOf(1, nan, float32(math.Inf(1))))
	if err != nil || !slices.Equal(img.Pix, []uint8{255, 0, 0}) || !slices.Contains(found.List, Holes) {
		t.Errorf("%v, %v, %v", img.Pix, found, err)
	}
	if _, found, err = converter(1, BlendAlpha).Convert(floatsOf(nan, nan)); err == nil {
		t.Errorf("accepted as %v", found)
	}
}

// TestForeign: where training images are whole numbers floats of the same scale are read alike, and
// the other way about.
func TestForeign(t *testing.T) {
	words, floats := wordsOf(ramp[uint16](0, 1000)...), floatsOf(ramp[float32](0, 1000)...)
	for _, c := range []struct {
		training, image *raster.Picture
		foreign         bool
		last            uint8
	}{
		{words, floats, true, 255}, {floats, words, true, 255}, {words, words, false, 255},
		{words, floatsOf(0, .5), false, 128}, {floatsOf(0, .5, 1), wordsOf(0, 65535), false, 255},
	} {
		img, found, err := auto(c.training).Convert(c.image)
		if err != nil || slices.Contains(found.List, Foreign) != c.foreign ||
			img.Pix[len(img.Pix)-1] != c.last {
			t.Errorf("%+v: %v, %v, %v", c, img.Pix[len(img.Pix)-1], found, err)
		}
	}
}

// TestCrowded: samples that nearly all lie in a sixteenth of what becomes black to white are warned
// of.
func TestCrowded(t *testing.T) {
	tail := ramp[uint16](0, 1000)
	for v := uint16(2000); v < 60000; v += 2000 {
		tail = append(tail, v)
	}
	for _, c := range []struct {
		training *raster.Picture
		warns    bool
	}{{wordsOf(ramp[uint16](0, 1000)...), false}, {wordsOf(tail...), true}} {
		if found := auto(c.training).Stretch.Chosen(); (len(found.Warnings()) > 0) != c.warns {
			t.Errorf("%+v: %q", found, found.Warnings())
		}
	}
}

// TestClear: pixels that are all transparent are told of where colours stand under them.
func TestClear(t *testing.T) {
	for _, c := range []struct {
		pix, alpha []uint8
		clear      bool
	}{
		{[]uint8{1, 2, 3, 4, 5, 6}, []uint8{0, 0}, true},
		{[]uint8{0, 0, 0, 0, 0, 0}, []uint8{0, 0}, false},
		{[]uint8{1, 2, 3, 4, 5, 6}, []uint8{0, 255}, false},
	} {
		p := &raster.Picture{Width: 2, Height: 1, Pix: c.pix, Alpha: raster.Alpha{Values: c.alpha}}
		_, found, err := converter(3, BlendAlpha).Convert(p)
		if err != nil || slices.Contains(found.List, Clear) != c.clear {
			t.Errorf("%v over %v: %v, %v", c.alpha, c.pix, found, err)
		}
	}
}
