package dataset

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cmae/internal/dataset/eightbit"
	"cmae/internal/dataset/imagefile"
)

// tiffPage is a page of 2x1 pixels of 16 bits, without compression.
type tiffPage struct {
	samples int
	planar  bool
	alpha   bool // the last sample is called that
	values  []uint16
}

// tiffOf makes a TIFF file of pages.
func tiffOf(pages ...tiffPage) []byte {
	data := []byte("II*\x00\x08\x00\x00\x00")
	le := binary.LittleEndian
	for i, p := range pages {
		short := func(values ...int) []byte {
			var b []byte
			for _, v := range values {
				b = le.AppendUint16(b, uint16(v))
			}
			return b
		}
		planar, strips, samples := 1, 1, p.samples
		if p.planar {
			planar, strips, samples = 2, p.samples, 1
		}
		type tag struct {
			id, kind, n int
			value       []byte
		}
		extra := make([]int, p.samples-1)
		if p.alpha {
			extra[len(extra)-1] = 2
		}
		tags := []tag{
			{256, 3, 1, short(2)}, {257, 3, 1, short(1)},
			{258, 3, p.samples, short(slices.Repeat([]int{16}, p.samples)...)},
			{259, 3, 1, short(1)}, {262, 3, 1, short(1)}, {273, 3, strips, nil},
			{277, 3, 1, short(p.samples)}, {278, 3, 1, short(1)},
			{279, 3, strips, short(slices.Repeat([]int{4 * samples}, strips)...)},
			{284, 3, 1, short(planar)},
		}
		if len(extra) > 0 {
			tags = append(tags, tag{338, 3, len(extra), short(extra...)})
		}
		behind := len(data) + 2 + 12*len(tags) + 4
		var more []byte
		put := func(b []byte) int {
			more = append(more, b...)
			return behind + len(more) - len(b)
		}
		var pixels []byte
		for _, v := range p.values {
			pixels = le.AppendUint16(pixels, v)
		}
		first, offsets := put(pixels), []int{}
		for s := range strips {
			offsets = append(offsets, first+4*samples*s)
		}
		data = le.AppendUint16(data, uint16(len(tags)))
		for _, t := range tags {
			if t.id == 273 {
				t.value = short(offsets...)
			}
			if len(t.value) > 4 {
				t.value = le.AppendUint32(nil, uint32(put(t.value)))
			}
			data = le.AppendUint16(data, uint16(t.id))
			data = le.AppendUint16(data, uint16(t.kind))
			data = le.AppendUint32(data, uint32(t.n))
			data = append(append(data, t.value...), make([]byte, 4-len(t.value))...)
		}
		next := 0
		if i+1 < len(pages) {
			next = behind + len(more)
		}
		data = append(le.AppendUint32(data, uint32(next)), more...)
	}
	return data
}

// channelDecoder is for images of n channels, of which 16-bit ones keep their range.
func channelDecoder(n int, alpha eightbit.Alpha) decoder {
	return decoder{
		Converter: eightbit.Converter{
			Channels: n, Alpha: alpha, Background: Colour{255, 255, 255},
			Stretch: eightbit.NewStretch(eightbit.FullRange, n, 1),
		},
		maxPixels: 1 << 20,
	}
}

func decodeChannels(d decoder, data []byte) (Image, error) {
	p, err := imagefile.Decode(data, imagefile.Limits{
		MaxPixels: d.maxPixels, Channels: d.Channels, Bands: d.Alpha == eightbit.AlphaBand,
	})
	if err != nil {
		return Image{}, err
	}
	img, _, err := d.Convert(p)
	return img, err
}

// filePNG is a picture as a PNG file.
func filePNG(img image.Image) []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// TestChannels: pixels (1, 2, 3, 4) and (5, 6, 7, 8) however a TIFF file has them, and what PNG
// files have.
func TestChannels(t *testing.T) {
	high := func(values ...uint16) []uint16 {
		for i := range values {
			values[i] <<= 8
		}
		return values
	}
	four := []uint8{1, 2, 3, 4, 5, 6, 7, 8}
	chunky := high(1, 2, 3, 4, 5, 6, 7, 8)
	page := func(values ...uint16) tiffPage { return tiffPage{samples: 1, values: high(values...)} }
	gray, clear := image.NewGray(image.Rect(0, 0, 2, 1)), image.NewNRGBA(image.Rect(0, 0, 2, 1))
	gray.SetGray(0, 0, color.Gray{9})
	clear.SetNRGBA(0, 0, color.NRGBA{1, 2, 3, 4})
	clear.SetNRGBA(1, 0, color.NRGBA{5, 6, 7, 8})
	opaque := image.NewNRGBA(image.Rect(0, 0, 2, 1))
	for i := range opaque.Pix {
		opaque.Pix[i] = 255
	}
	for _, c := range []struct {
		name  string
		data  []byte
		n     int
		alpha eightbit.Alpha
		want  []uint8
		fault string
	}{
		{"interleaved", tiffOf(tiffPage{samples: 4, values: chunky}), 4, eightbit.BlendAlpha, four, ""},
		{
			"planes", tiffOf(tiffPage{samples: 4, planar: true, values: high(1, 5, 2, 6, 3, 7, 4, 8)}),
			4, eightbit.BlendAlpha, four, "",
		},
		{"pages", tiffOf(page(1, 5), page(2, 6), page(3, 7), page(4, 8)), 4, eightbit.BlendAlpha, four, ""},
		{
			"three pages", tiffOf(page(1, 5), page(2, 6), page(3, 7)), 4, eightbit.BlendAlpha, nil,
			"has 1 band, but data.channels is 4: set data.channels to 1",
		},
		{
			"six", tiffOf(tiffPage{samples: 4, values: chunky}), 6, eightbit.BlendAlpha, nil,
			"has 4 bands, but data.channels is 6",
		},
		{
			"near infrared called transparency",
			tiffOf(tiffPage{samples: 4, alpha: true, values: chunky}), 4, eightbit.BlendAlpha, nil,
			"3 bands and transparency, but data.channels is 4: set data.alpha to band",
		},
		{
			"the same as a band", tiffOf(tiffPage{samples: 4, alpha: true, values: chunky}), 4,
			eightbit.AlphaBand, four, "",
		},
		{
			"two and transparency dropped",
			tiffOf(tiffPage{samples: 3, alpha: true, values: high(1, 2, 9, 3, 4, 9)}), 2, eightbit.DropAlpha,
			[]uint8{1, 2, 3, 4}, "",
		},
		{"gray", filePNG(gray), 1, eightbit.BlendAlpha, []uint8{9, 0}, ""},
		{"RGBA", filePNG(clear), 4, eightbit.AlphaBand, four, ""},
		{
			"colours for one", filePNG(opaque), 1, eightbit.BlendAlpha, nil,
			"has 3 bands, but data.channels is 1",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			img, err := decodeChannels(channelDecoder(c.n, c.alpha), c.data)
			if c.fault != "" {
				if err == nil || !strings.Contains(err.Error(), c.fault) {
					t.Fatalf("got %v, want %q", err, c.fault)
				}
				return
			}
			if err != nil || !slices.Equal(img.Pix, c.want) || img.Channels() != c.n {
				t.Errorf("%v, %v, want %v", img.Pix, err, c.want)
			}
		})
	}
}

// TestChannelSet: a set keeps its channels in a packed file, each stretched by itself, and its
// statistics are those of the values.
func TestChannelSet(t *testing.T) {
	dir := t.TempDir()
	for i, values := range [][]uint16{{0, 1000, 100, 3000}, {100, 1000, 0, 3000}} {
		file := filepath.Join(dir, string(rune('a'+i))+".tif")
		if err := os.WriteFile(file, tiffOf(tiffPage{samples: 2, values: values}), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c := Default()
	c.Path, c.CacheDir, c.Channels, c.ImageSize = dir, t.TempDir(), 2, 1
	for _, hit := range []bool{false, true} {
		data, err := Open(t.Context(), c, 1, nil)
		if err != nil {
			t.Fatal(err)
		}
		set := data.Train
		if data.Report.Splits[0].CacheHit != hit || set.Channels() != 2 ||
			!slices.Equal(set.Image(0).Pix, []uint8{0, 0, 255, 255}) {
			t.Errorf("hit %v: %v", data.Report.Splits[0].CacheHit, set.Image(0).Pix)
		}
		s := set.Stats(10)
		if !slices.Equal(s.Mean, []float64{.5, .5}) || !slices.Equal(s.Std, []float64{.5, .5}) ||
			s.Images != 2 || s.Sizes.Largest != [2]int{2, 1} {
			t.Errorf("%+v", s)
		}
	}
	c.Channels = 3 // has a packed file of its own
	data, err := Open(t.Context(), c, 1, nil)
	if err != nil || data.Train.Channels() != 3 || data.Report.Splits[0].CacheHit {
		t.Errorf("%v", err)
	}
	c.Channels = 5
	if _, err := Open(t.Context(), c, 1, nil); err == nil ||
		!strings.Contains(err.Error(), "has 2 bands, but data.channels is 5") {
		t.Errorf("got %v", err)
	}
	c.OnError, c.BadBudget = Skip, 1
	r, err := Verify(t.Context(), c, nil)
	if err != nil || r.Splits[0].Bands[2] != 2 || len(r.Bad) != 2 {
		t.Errorf("%+v, %v", r, err)
	}
}

// TestChannelsOfFormats: embedded images are gray, or three times that.
func TestChannelsOfFormats(t *testing.T) {
	c := Default()
	c.Channels, c.Limit = 1, 20
	data, err := Open(t.Context(), c, 1, nil)
	if err != nil || len(data.Train.Image(0).Pix) != 28*28 {
		t.Errorf("%v", err)
	}
	c.Channels = 2
	if _, err := Open(t.Context(), c, 1, nil); err == nil ||
		!strings.Contains(err.Error(), "images of fashion-mnist-mini are gray") {
		t.Errorf("got %v", err)
	}
}
