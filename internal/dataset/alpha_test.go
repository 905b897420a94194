package dataset

import (
	"errors"
	"image"
	"image/color"
	"math"
	"os"
	"slices"
	"testing"

	"cmae/internal/dataset/raster"
)

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
		d := channelDecoder(channels, BlendAlpha)
		d.background, d.levels.setting = Colour{behind, behind, behind}, ranges[kind][limits]
		share := float64(a) / 255
		stored, colour := v, v
		if associated && a > 0 {
			colour = min(v/share, 1)
		}
		if limits == "narrow" {
			colour = min(max(2*colour-.5, 0), 1)
		}
		want := 255*colour*share + behind*(1-share)
		img, _, err := d.convert(onePixel(kind, stored, raster.Alpha{
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
			img, _, err := channelDecoder(channels, DropAlpha).convert(p())
			if err != nil || !slices.Equal(img.Pix, want) {
				t.Errorf("%s dropped: %v, %v", kind, img.Pix, err)
			}
		}
		img, _, err := channelDecoder(2, AlphaBand).convert(p())
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
			img, _, err := channelDecoder(3, BlendAlpha).convert(p)
			if err != nil || !slices.Equal(img.Pix, want) {
				t.Errorf("%d bands, kind %d: %v, %v", bands, i, img.Pix, err)
			}
		}
	}
}

// TestTransparencyOfFiles: the number of bands is the file's, be its pixels opaque or not.
func TestTransparencyOfFiles(t *testing.T) {
	rect := image.Rect(0, 0, 4, 4)
	file := func(name string) []byte {
		data, err := os.ReadFile("imagefile/testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	clear := func(c color.Color) []byte {
		return encodePNG(image.NewPaletted(rect, color.Palette{color.NRGBA{1, 2, 3, 4}, c}))
	}
	for name, c := range map[string]struct {
		data  []byte
		bands int
	}{
		"WebP":                             {file("lossy.webp"), 3},
		"WebP, lossless":                   {file("lossless.webp"), 3},
		"WebP, lossless, in a container":   {file("alpha-flag-lossless.webp"), 3},
		"WebP, animated":                   {file("animated.webp"), 3},
		"WebP with transparency":           {file("alpha.webp"), 4},
		"WebP, lossless with transparency": {file("alpha-lossless.webp"), 4},
		"WebP that says so":                {file("alpha-flag.webp"), 4},
		"BMP":                              {file("32-40.bmp"), 3},
		"BMP, fifth version":               {file("32-124.bmp"), 3},
		"BMP with masks":                   {file("fields-124.bmp"), 3},
		"BMP with transparency":            {file("fields-alpha-56.bmp"), 4},
		"GIF with transparency":            {file("frame-transparent.gif"), 4},
		"PNG":                              {encodePNG(one(image.NewRGBA(rect), color.White)), 3},
		"PNG of 16 bits":                   {encodePNG(one(image.NewRGBA64(rect), color.White)), 3},
		"PNG of colours":                   {file("palette.png"), 3},
		"PNG of transparent colours":       {clear(color.White), 4},
		"TIFF with transparency":           {file("alpha-associated.tif"), 4},
		"TIFF with a band":                 {file("webp-band.tif"), 4},
	} {
		img, err := decodeChannels(channelDecoder(4, AlphaBand), c.data)
		switch wrong := (*bandsError)(nil); {
		case c.bands == 4:
			if err != nil || len(img.Pix) != 4*img.Width*img.Height {
				t.Errorf("%s: %v", name, err)
			}
		case !errors.As(err, &wrong) || wrong.has != c.bands:
			t.Errorf("%s: %v, want %d bands", name, err, c.bands)
		}
	}
	for _, img := range []image.Image{ // opaque, but of a kind that need not be
		one(image.NewNRGBA(rect), color.White), one(image.NewNRGBA64(rect), color.White),
	} {
		p := &raster.Picture{Width: 4, Height: 4, Image: img}
		if _, _, err := channelDecoder(4, AlphaBand).convert(p); err != nil {
			t.Errorf("%T: %v", img, err)
		}
		p.Gray = true
		if _, _, err := channelDecoder(2, AlphaBand).convert(p); err != nil {
			t.Errorf("gray %T: %v", img, err)
		}
	}
	grays := image.NewPaletted(rect, color.Palette{color.NRGBA{7, 7, 7, 0}, color.White})
	if _, err := decodeChannels(channelDecoder(2, AlphaBand), encodePNG(grays)); err != nil {
		t.Errorf("gray palette: %v", err)
	}
}
