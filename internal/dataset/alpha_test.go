package dataset

import (
	"errors"
	"image"
	"image/color"
	"os"
	"testing"

	"cmae/internal/dataset/eightbit"
	"cmae/internal/dataset/raster"
)

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
		img, err := decodeChannels(channelDecoder(4, eightbit.AlphaBand), c.data)
		switch wrong := (*eightbit.BandsError)(nil); {
		case c.bands == 4:
			if err != nil || len(img.Pix) != 4*img.Width*img.Height {
				t.Errorf("%s: %v", name, err)
			}
		case !errors.As(err, &wrong) || wrong.Has != c.bands:
			t.Errorf("%s: %v, want %d bands", name, err, c.bands)
		}
	}
	for _, img := range []image.Image{ // opaque, but of a kind that need not be
		one(image.NewNRGBA(rect), color.White), one(image.NewNRGBA64(rect), color.White),
	} {
		p := &raster.Picture{Width: 4, Height: 4, Image: img}
		if _, _, err := channelDecoder(4, eightbit.AlphaBand).Convert(p); err != nil {
			t.Errorf("%T: %v", img, err)
		}
		p.Gray = true
		if _, _, err := channelDecoder(2, eightbit.AlphaBand).Convert(p); err != nil {
			t.Errorf("gray %T: %v", img, err)
		}
	}
	grays := image.NewPaletted(rect, color.Palette{color.NRGBA{7, 7, 7, 0}, color.White})
	if _, err := decodeChannels(channelDecoder(2, eightbit.AlphaBand), encodePNG(grays)); err != nil {
		t.Errorf("gray palette: %v", err)
	}
}
