package dataset

import (
	"image"
	"math/rand/v2"
	"testing"
)

// noise64 is a 64x64 JPEG with as much detail as a photograph: smooth colour and some noise.
func noise64() []byte {
	r := rand.New(rand.NewPCG(3, 4))
	img := image.NewRGBA(image.Rect(0, 0, 64, 64))
	for i := range img.Pix {
		img.Pix[i] = uint8(i/64 + r.IntN(24))
	}
	return jpegOf(img)
}

func BenchmarkDecodeJPEG64(b *testing.B) {
	data := noise64()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := decode(testDecoder, data); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkShrink512to128(b *testing.B) {
	img := Image{Width: 512, Height: 512, Pix: make([]uint8, 3*512*512)}
	for b.Loop() {
		shrink(img, 128)
	}
}

func BenchmarkOpenEmbedded(b *testing.B) {
	for b.Loop() {
		mustOpen(b, Default())
	}
}
