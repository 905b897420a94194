package eightbit

import (
	"math"
	"slices"
	"testing"

	"cmae/internal/dataset/raster"
)

func converter(channels int, alpha Alpha) Converter {
	return Converter{Channels: channels, Alpha: alpha, Stretch: NewStretch(FullRange, channels, 1)}
}

// onePixel is a gray picture of a value between 0 and 1.
func onePixel(kind string, v float64, alpha raster.Alpha) *raster.Picture {
	p := &raster.Picture{Width: 1, Height: 1}
	d := &raster.Deep{Width: 1, Height: 1, Channels: 1, High: 1, Alpha: alpha}
	switch kind {
	case "8 bits":
		p.Pix, p.Channels, p.Alpha = []uint8{uint8(255*v + .5)}, 1, alpha
	case "16 bits":
		p.Deep, d.Ints, d.High = d, []uint16{uint16(65535*v + .5)}, 65535
	case "floats":
		p.Deep, d.Floats = d, []float32{float32(v)}
	}
	return p
}

// TestTransparency compares pictures of one pixel with the definition: stretched colours, over the
// background. Samples that are associated with transparency are stored multiplied by it, and those
// that are more than it are cut off at it.
func TestTransparency(t *testing.T) {
	const behind = 200
	ranges := map[string]map[string]Range{
		"8 bits": {"full": FullRange}, "16 bits": {"full": FullRange, "narrow": "16384,49152"},
		"floats": {"full": FullRange, "narrow": "0.25,0.75"},
	}
	pixels := [][2]float64{ // value and transparency, of 255
		{.5, 255}, {.5, 153}, {.8, 102}, {.1, 153}, {1, 51}, {.3, 0}, {.9, 1},
	}
	check := func(kind, limits string, channels int, associated bool, v float64, a uint8) {
		c := converter(channels, BlendAlpha)
		c.Background = [3]uint8{behind, behind, behind}
		c.Stretch.setting = ranges[kind][limits]
		share := float64(a) / 255
		stored, colour := v, v
		if associated && a > 0 {
			colour = min(v/share, 1)
		}
		if limits == "narrow" {
			colour = min(max(2*colour-.5, 0), 1)
		}
		want := 255*colour*share + behind*(1-share)
		img, _, err := c.Convert(onePixel(kind, stored, raster.Alpha{
			Values: []uint8{a}, Associated: associated,
		}))
		if err != nil || math.Abs(float64(img.Pix[0])-want) > 1.1 || len(img.Pix) != channels {
			t.Errorf(
				"%s, %s, %d channels, associated %v, %v with %d: %v, %v, want %v", kind, limits,
				channels, associated, v, a, img.Pix, err, want,
			)
		}
	}
	for kind, limits := range ranges {
		for name := range limits {
			for _, p := range pixels {
				for _, channels := range []int{1, 3} {
					check(kind, name, channels, false, p[0], uint8(p[1]))
					check(kind, name, channels, true, p[0], uint8(p[1]))
				}
			}
		}
	}
}

// TestDroppedTransparency: without it, and as a band, samples are as they are stored.
func TestDroppedTransparency(t *testing.T) {
	for _, kind := range []string{"8 bits", "16 bits", "floats"} {
		p := func() *raster.Picture {
			return onePixel(kind, .2, raster.Alpha{Values: []uint8{77}, Associated: true})
		}
		for channels, want := range map[int][]uint8{1: {51}, 3: {51, 51, 51}} {
			img, _, err := converter(channels, DropAlpha).Convert(p())
			if err != nil || !slices.Equal(img.Pix, want) {
				t.Errorf("%s dropped: %v, %v", kind, img.Pix, err)
			}
		}
		img, _, err := converter(2, AlphaBand).Convert(p())
		if err != nil || !slices.Equal(img.Pix, []uint8{51, 77}) {
			t.Errorf("%s as a band: %v, %v", kind, img.Pix, err)
		}
	}
}

// TestColoursOfBands: one band or two are gray in colours, further ones are left out, whatever the
// type of the numbers.
func TestColoursOfBands(t *testing.T) {
	for bands, want := range map[int][]uint8{
		1: {51, 51, 51}, 2: {51, 51, 51}, 3: {51, 102, 153}, 4: {51, 102, 153},
	} {
		values := []float32{.2, .4, .6, .8}[:bands]
		deep := func() *raster.Deep {
			return &raster.Deep{Width: 1, Height: 1, Channels: bands, High: 1}
		}
		floats, words := deep(), deep()
		floats.Floats, words.High = values, 65535
		bytes := &raster.Picture{Width: 1, Height: 1, Channels: bands}
		for _, v := range values {
			bytes.Pix = append(bytes.Pix, uint8(255*v+.5))
			words.Ints = append(words.Ints, uint16(65535*v))
		}
		for i, p := range []*raster.Picture{
			bytes, {Width: 1, Height: 1, Deep: floats}, {Width: 1, Height: 1, Deep: words},
		} {
			img, _, err := converter(3, BlendAlpha).Convert(p)
			if err != nil || !slices.Equal(img.Pix, want) {
				t.Errorf("%d bands, kind %d: %v, %v", bands, i, img.Pix, err)
			}
		}
	}
}
