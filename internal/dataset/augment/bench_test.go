package augment

import (
	"testing"

	"cmae/internal/contrastivecrop"
	"cmae/internal/rng"
)

func noise(w, h int) Image {
	img := Image{Width: w, Height: h, Pix: make([]uint8, 3*w*h)}
	r := rng.For(1, rng.Synthetic)
	for i := range img.Pix {
		img.Pix[i] = uint8(r.Uint32())
	}
	return img
}

func benchmark(b *testing.B, source, side int, view func(*Workspace, []float32, Image, int)) {
	img := noise(source, source)
	w := NewWorkspace(Default(), side)
	dst := make([]float32, 3*side*side)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		view(w, dst, img, i)
		i++
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "views/s")
}

func query(w *Workspace, dst []float32, img Image, i int) {
	r := rng.For(1, rng.QueryView, uint64(i))
	w.Query(
		dst, img,
		contrastivecrop.Sample(r, img.Width, img.Height, contrastivecrop.Full, w.config.Shape(1)),
		r,
	)
}

func key(w *Workspace, dst []float32, img Image, i int) {
	r := rng.For(1, rng.KeyView, uint64(i))
	w.Key(
		dst, img,
		contrastivecrop.Sample(r, img.Width, img.Height, contrastivecrop.Full, w.config.Shape(1)),
		r,
	)
}

func BenchmarkQuery64(b *testing.B)  { benchmark(b, 64, 64, query) }
func BenchmarkKey64(b *testing.B)    { benchmark(b, 64, 64, key) }
func BenchmarkKey224(b *testing.B)   { benchmark(b, 256, 224, key) }
func BenchmarkShrink64(b *testing.B) { benchmark(b, 256, 64, query) }

func BenchmarkWhole64(b *testing.B) {
	benchmark(b, 64, 64, func(w *Workspace, dst []float32, img Image, _ int) { w.Whole(dst, img, Fit{}) })
}
