package imagefile

import (
	"bytes"
	"cmp"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cmae/internal/dataset/raster"
)

// tolerance is how far a sample may be from Pillow's, of 255. Where the bits of a file leave no
// choice, or libjpeg's and libwebp's rounding is followed, none is needed.
func tolerance(name string) int {
	switch {
	case strings.Contains(name, "inks"), strings.Contains(name, "alpha"):
		return 1 // as Go mixes them
	case !strings.HasSuffix(name, ".jpg"):
		return 0
	}
	for _, whole := range []string{"turned", "444", "cmyk", "gray", "rgb", "12bit"} {
		if strings.Contains(name, whole) {
			return 3 // Go's own inverse transform: chroma is not subsampled
		}
	}
	return 0
}

// TestFixtures compares each file of testdata with what Pillow makes of it.
func TestFixtures(t *testing.T) {
	expected, err := filepath.Glob("testdata/*.*.png")
	if err != nil || len(expected) == 0 {
		t.Fatalf("no fixtures: %v", err)
	}
	for _, path := range expected {
		name := strings.TrimSuffix(path, ".png")
		t.Run(filepath.Base(name), func(t *testing.T) {
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			p, err := Decode(data, Limits{MaxPixels: 1 << 16})
			if err != nil {
				t.Fatal(err)
			}
			want := rgbOf(t, path)
			got := upright(flat(p), p.Orientation)
			if got.Rect != want.Rect {
				t.Fatalf("%v, want %v", got.Rect, want.Rect)
			}
			worst := 0
			for i, v := range got.Pix {
				d := int(v) - int(want.Pix[i])
				worst = max(worst, d, -d)
			}
			if worst > tolerance(name) {
				t.Errorf("%d of 255 from Pillow", worst)
			}
		})
	}
}

func rgbOf(t *testing.T, path string) *image.RGBA {
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	out := image.NewRGBA(img.Bounds())
	draw.Draw(out, out.Rect, img, image.Point{}, draw.Src)
	return out
}

// flat is a picture as 8-bit RGB, over white.
func flat(p *raster.Picture) *image.RGBA {
	out := image.NewRGBA(image.Rect(0, 0, p.Width, p.Height))
	draw.Draw(out, out.Rect, image.White, image.Point{}, draw.Src)
	if p.Image != nil && p.Samples() == nil {
		draw.Draw(out, out.Rect, p.Image, p.Image.Bounds().Min, draw.Over)
		return out
	}
	channels, alpha := cmp.Or(p.Channels, 3), p.Alpha
	at := func(i int) int { return int(p.Pix[i]) }
	if d := p.Samples(); d != nil {
		scale := 1. // of numbers whose type says nothing, which are up to 255 here
		switch {
		case d.Low == 0 && d.High > 1 && d.Ints != nil:
			scale = 256 / (d.High + 1)
		case d.Alpha.Values != nil: // but those with transparency, which both end at 1
			scale = 255
		}
		channels, alpha = d.Channels, d.Alpha
		at = func(i int) int { return int(d.At(i) * scale) }
	}
	for i := range p.Width * p.Height {
		for c := range 3 {
			v := at(i * channels)
			if channels >= 3 {
				v = at(i*channels + c)
			}
			if alpha.Values != nil {
				a := int(alpha.Values[i])
				if !alpha.Associated {
					v = v * a / 255
				}
				v = min(v, a) + 255 - a
			}
			out.Pix[4*i+c] = uint8(v)
		}
		out.Pix[4*i+3] = 255
	}
	return out
}

// upright turns by the definition of the tag: which side of the stored image is up.
func upright(img *image.RGBA, orientation int) *image.RGBA {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	places := map[int]func(x, y int) (int, int){
		2: func(x, y int) (int, int) { return w - 1 - x, y },
		3: func(x, y int) (int, int) { return w - 1 - x, h - 1 - y },
		4: func(x, y int) (int, int) { return x, h - 1 - y },
		5: func(x, y int) (int, int) { return y, x },
		6: func(x, y int) (int, int) { return y, h - 1 - x },
		7: func(x, y int) (int, int) { return w - 1 - y, h - 1 - x },
		8: func(x, y int) (int, int) { return w - 1 - y, x },
	}
	place := places[orientation]
	if place == nil {
		return img
	}
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	if orientation >= 5 {
		out = image.NewRGBA(image.Rect(0, 0, h, w))
	}
	for y := range out.Rect.Dy() {
		for x := range out.Rect.Dx() {
			out.Set(x, y, color.RGBAModel.Convert(img.At(place(x, y))))
		}
	}
	return out
}
