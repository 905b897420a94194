package dataset

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"math"
	"strings"
	"testing"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"

	"cmae/internal/dataset/eightbit"
	"cmae/internal/dataset/imagefile"
	"cmae/internal/fault"
)

func isData(err error) bool { return errors.Is(err, fault.Data) }

var testDecoder = channelDecoder(3, eightbit.BlendAlpha)

// decode is what becomes of a file's bytes.
func decode(d decoder, data []byte) (Image, error) {
	p, err := imagefile.Decode(data, imagefile.Limits{MaxPixels: d.maxPixels})
	if err != nil {
		return Image{}, err
	}
	img, _, err := d.Convert(p)
	return img, err
}

// one is a 4x4 image filled by set.
func one[T interface {
	image.Image
	Set(x, y int, c color.Color)
}](img T, c color.Color) T {
	for i := range 16 {
		img.Set(i%4, i/4, c)
	}
	return img
}

func encoded(encode func(*bytes.Buffer) error) []byte {
	var out bytes.Buffer
	if err := encode(&out); err != nil {
		panic(err)
	}
	return out.Bytes()
}

func jpegOf(img image.Image) []byte {
	return encoded(
		func(out *bytes.Buffer) error { return jpeg.Encode(out, img, &jpeg.Options{Quality: 100}) },
	)
}

func TestColours(t *testing.T) {
	rect := image.Rect(0, 0, 4, 4)
	orange := color.NRGBA{250, 120, 10, 255}
	palette := color.Palette{color.NRGBA{1, 2, 3, 255}, color.NRGBA{200, 100, 50, 0}, orange}
	inPalette := func(i uint8) *image.Paletted {
		img := image.NewPaletted(rect, palette)
		copy(img.Pix, bytes.Repeat([]byte{i}, 16))
		return img
	}
	// 1x1, lossless, fully transparent
	webp, err := base64.StdEncoding.DecodeString("UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==")
	if err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		name      string
		data      []byte
		want      [3]uint8
		tolerance int // of 255: JPEG rounds in YCbCr, blending in 8 bits
	}{
		{"gray png", encodePNG(one(image.NewGray(rect), color.Gray{77})), [3]uint8{77, 77, 77}, 0},
		{"gray jpeg", jpegOf(one(image.NewGray(rect), color.Gray{77})), [3]uint8{77, 77, 77}, 1},
		{"rgb jpeg", jpegOf(one(image.NewRGBA(rect), orange)), [3]uint8{250, 120, 10}, 3},
		{
			"16-bit gray", encodePNG(one(image.NewGray16(rect), color.Gray16{0x8034})),
			[3]uint8{0x80, 0x80, 0x80}, 0,
		},
		{
			"16-bit rgb",
			encodePNG(one(image.NewRGBA64(rect), color.RGBA64{0x1234, 0x8000, 0xfedc, 0xffff})),
			[3]uint8{0x12, 0x80, 0xfe}, 0,
		},
		{
			"16-bit half transparent",
			encodePNG(one(image.NewNRGBA64(rect), color.NRGBA64{0, 0, 0, 0x8000})),
			[3]uint8{127, 127, 127}, 1,
		},
		{"palette", encodePNG(inPalette(2)), [3]uint8{250, 120, 10}, 0},
		{"palette transparent", encodePNG(inPalette(1)), [3]uint8{255, 255, 255}, 0},
		{
			"half transparent", encodePNG(one(image.NewNRGBA(rect), color.NRGBA{255, 0, 100, 128})),
			[3]uint8{255, 127, 177}, 1,
		},
		{
			"gif",
			encoded(func(out *bytes.Buffer) error { return gif.Encode(out, inPalette(0), nil) }),
			[3]uint8{1, 2, 3}, 0,
		},
		{
			"bmp",
			encoded(
				func(out *bytes.Buffer) error {
					return bmp.Encode(out, one(image.NewRGBA(rect), orange))
				},
			),
			[3]uint8{250, 120, 10}, 0,
		},
		{
			"tiff",
			encoded(
				func(out *bytes.Buffer) error {
					return tiff.Encode(out, one(image.NewRGBA(rect), orange), nil)
				},
			),
			[3]uint8{250, 120, 10}, 0,
		},
		{"webp, transparent", webp, [3]uint8{255, 255, 255}, 0},
		{"cmyk red", cmykJPEG(0, [4]uint8{255, 0, 0, 255}), [3]uint8{255, 0, 0}, 1},
		// C 200, K 127: (1-C)(1-K)
		{
			"cmyk half black cyan", cmykJPEG(0, [4]uint8{55, 255, 255, 128}),
			[3]uint8{28, 128, 128}, 1,
		},
		{"ycck red", cmykJPEG(2, [4]uint8{179, 171, 0, 255}), [3]uint8{255, 0, 0}, 2},
		{"trailing junk", append(gray8(9), "junk"...), [3]uint8{9, 9, 9}, 0},
		{"1x1", pngOf(1, 1, color.Gray{5}), [3]uint8{5, 5, 5}, 0},
		{"3000x2", pngOf(3000, 2, color.Gray{6}), [3]uint8{6, 6, 6}, 0},
	}
	for _, c := range cases {
		img, err := decode(testDecoder, c.data)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		for i, v := range img.Pix { // images are of one colour
			if d := int(v) - int(c.want[i%3]); d > c.tolerance || -d > c.tolerance {
				t.Errorf("%s: pixel %v, want %v", c.name, img.Pix[i/3*3:][:3], c.want)
				break
			}
		}
		if len(img.Pix) != 3*img.Width*img.Height {
			t.Errorf("%s: %d bytes for %dx%d", c.name, len(img.Pix), img.Width, img.Height)
		}
	}
}

func TestHostileFiles(t *testing.T) {
	good := jpegOf(one(image.NewRGBA(image.Rect(0, 0, 4, 4)), color.White))
	// the frame header: FF C0, length, precision, height, width
	withSize := func(width, height uint16) []byte {
		data := bytes.Clone(good)
		at := bytes.Index(data, []byte{0xff, 0xc0})
		binary.BigEndian.PutUint16(data[at+5:], height)
		binary.BigEndian.PutUint16(data[at+7:], width)
		return data
	}
	cases := []struct {
		name, want string
		data       []byte
	}{
		{"empty", "empty file", nil},
		{"html", "not a readable image", []byte("<!DOCTYPE html><html>404</html>")},
		{"half a jpeg", "", good[:len(good)/2]},
		{"jpeg without end", "", good[:len(good)-40]},
		{"half a png", "damaged png", gray8(3)[:60]},
		{"png header 60000^2", "max_pixels", hugePNG(60000, 60000)},
		{"png header 0x5", "", hugePNG(0, 5)},
		{"png header 2^31", "", hugePNG(1<<31, 1)},
		{"png of one very long row", "max_pixels", hugePNG(1<<30, 1)},
		{"jpeg header 65535^2", "max_pixels", withSize(65535, 65535)},
		{"jpeg height 0", "empty", withSize(4, 0)},
		{"gif header 65535^2", "max_pixels", []byte("GIF89a\xff\xff\xff\xff\x00\x00\x00;")},
		{"bmp header 808464432^2", "max_pixels", hugeBMP(808464432)},
		{"real bomb", "max_pixels", encodePNG(image.NewGray(image.Rect(0, 0, 2000, 2000)))},
	}
	for _, c := range cases {
		img, err := decode(testDecoder, c.data)
		if err == nil {
			t.Errorf("%s: decoded to %dx%d", c.name, img.Width, img.Height)
		} else if !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error %q lacks %q", c.name, err, c.want)
		}
	}
}

// TestPanicIsContained: with the cap out of the way a portable map asks for more than there can be.
func TestPanicIsContained(t *testing.T) {
	careless := testDecoder
	careless.maxPixels = math.MaxInt
	if _, err := decode(careless, []byte("P3 2000000000 2000000000 255 ")); err == nil ||
		!strings.Contains(err.Error(), "gave up") {
		t.Errorf("got %v", err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(gray8(1))
	f.Add(cmykJPEG(0, [4]uint8{1, 2, 3, 4}))
	f.Add(hugeBMP(100))
	small := testDecoder
	small.maxPixels = 1 << 12
	f.Fuzz(func(t *testing.T, data []byte) {
		img, err := decode(small, data)
		if err == nil && (img.Width <= 0 || len(img.Pix) != 3*img.Width*img.Height) {
			t.Errorf("accepted %dx%d with %d bytes", img.Width, img.Height, len(img.Pix))
		}
	})
}

// hugePNG is a header that promises what does not follow.
func hugePNG(width, height uint32) []byte {
	chunk := []byte("IHDR")
	chunk = binary.BigEndian.AppendUint32(chunk, width)
	chunk = binary.BigEndian.AppendUint32(chunk, height)
	chunk = append(chunk, 8, 2, 0, 0, 0) // 8 bits, RGB
	out := append([]byte("\x89PNG\r\n\x1a\n"), 0, 0, 0, 13)
	out = append(out, chunk...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(chunk))
}

func hugeBMP(side uint32) []byte {
	out := make([]byte, 54)
	copy(out, "BM")
	binary.LittleEndian.PutUint32(out[10:], 54) // pixels begin
	binary.LittleEndian.PutUint32(out[14:], 40) // info header
	binary.LittleEndian.PutUint32(out[18:], side)
	binary.LittleEndian.PutUint32(out[22:], side)
	out[26], out[28] = 1, 24 // planes, bits
	return out
}

// cmykJPEG is an 8x8 baseline JPEG of four constant components, with Adobe's transform flag: 0 for
// CMYK (stored inverted), 2 for YCCK.
func cmykJPEG(transform byte, components [4]uint8) []byte {
	out := []byte{
		0xff, 0xd8, 0xff, 0xee, 0, 14, 'A', 'd', 'o', 'b', 'e', 0, 100, 0, 0, 0, 0, transform,
	}
	out = append(out, 0xff, 0xdb, 0, 67, 0) // quantisation by 1
	out = append(out, bytes.Repeat([]byte{1}, 64)...)
	out = append(out, 0xff, 0xc0, 0, 20, 8, 0, 8, 0, 8, 4)
	for id := range byte(4) {
		out = append(out, id+1, 0x11, 0)
	}
	// DC: sizes 0..11 in four bits each
	out = append(out, 0xff, 0xc4, 0, 31, 0x00, 0, 0, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	out = append(out, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)
	// AC: end of block in one bit
	out = append(out, 0xff, 0xc4, 0, 20, 0x10, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	out = append(out, 0xff, 0xda, 0, 14, 4, 1, 0, 2, 0, 3, 0, 4, 0, 0, 63, 0)
	var bits strings.Builder
	for _, v := range components {
		dc := 8 * (int(v) - 128)
		size, magnitude := 0, max(dc, -dc)
		for magnitude>>size > 0 {
			size++
		}
		if dc < 0 {
			dc += 1<<size - 1
		}
		appendBits(&bits, size, 4)
		appendBits(&bits, dc, size)
		appendBits(&bits, 0, 1)
	}
	for bits.Len()%8 != 0 {
		bits.WriteByte('1')
	}
	for text := bits.String(); text != ""; text = text[8:] {
		var b byte
		for _, bit := range text[:8] {
			b = b<<1 | byte(bit-'0')
		}
		if out = append(out, b); b == 0xff {
			out = append(out, 0)
		}
	}
	return append(out, 0xff, 0xd9)
}

func appendBits(to *strings.Builder, v, n int) {
	for n--; n >= 0; n-- {
		to.WriteByte('0' + byte(v>>n&1))
	}
}
