package loader

import (
	"context"
	"testing"

	"cmae/internal/dataset/augment"
)

// cached is what a packed cache gives: pixels that lie ready.
type cached []augment.Image

func (c cached) Len() int                  { return len(c) }
func (c cached) Label(int) int             { return 0 }
func (c cached) Image(i int) augment.Image { return c[i] }

// BenchmarkEpoch makes batches of 64 two-view rows of 64 px with one worker.
func BenchmarkEpoch(b *testing.B) {
	source := make(cached, 640)
	for i := range source {
		source[i] = augment.Image{Width: 64, Height: 64, Pix: make([]uint8, 3*64*64)}
		copy(source[i].Pix, fake(1).Image(i).Pix)
		for j := 24; j < len(source[i].Pix); j++ { // a texture with edges, different in each image
			source[i].Pix[j] = source[i].Pix[j-24+j%3] + uint8(j%7)
		}
	}
	opt := options(TwoViews, 1)
	opt.Batch, opt.Side, opt.Patches, opt.DropPosition = 64, 64, 64, 0
	l, err := New(source, opt)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	views := 0
	for e := 0; b.Loop(); e++ {
		s := l.Start(context.Background(), e, 0, nil)
		for batch, err := s.Next(); err == nil; batch, err = s.Next() {
			views += 2 * batch.Count
			batch.Release()
		}
		s.Close()
	}
	b.ReportMetric(float64(views)/b.Elapsed().Seconds(), "views/s")
}

func BenchmarkVisibleFirst196(b *testing.B) {
	noise, ids, restore := make([]float32, 196), make([]int32, 196), make([]int32, 196)
	for i := range noise {
		noise[i] = float32(i*131%196) / 196
	}
	b.ReportAllocs()
	for b.Loop() {
		visibleFirst(noise, ids, restore)
	}
}
