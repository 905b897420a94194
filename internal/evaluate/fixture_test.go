package evaluate

import (
	"fmt"
	"testing"

	"cmae/internal/dataset/augment"
	"cmae/internal/dataset/loader"
	"cmae/internal/kernel"
	"cmae/internal/kernel/portable"
	"cmae/internal/recipe"
	"cmae/internal/rng"
)

// clusters draws n images of as many Gaussian clusters as classes: unit deviation around centres
// that differ by split not at all, spread apart by gap, on an offset of 3 with columns of very
// different scale, which BatchNorm must even out. cosine needs the angle only.
func clusters(n, dim, classes int, gap float64, seed uint64) FeatureSet {
	s := FeatureSet{Encoder: "clusters", Feature: recipe.Mean, Dim: dim}
	centres := rng.For(99, rng.Synthetic)
	centre := make([]float64, classes*dim)
	for i := range centre {
		centre[i] = gap * centres.NormFloat64()
	}
	r := rng.For(seed, rng.Synthetic)
	for i := range n {
		label := i % classes
		s.Labels = append(s.Labels, int32(label))
		for j := range dim {
			scale := 1 / float64(1+j%7)
			s.Values = append(s.Values, float32(scale*(3+centre[label*dim+j]+r.NormFloat64())))
		}
	}
	return s
}

// shuffled gives s labels without any relation to its values.
func shuffled(s FeatureSet, classes int) FeatureSet {
	r := rng.For(5, rng.Synthetic)
	labels := make([]int32, s.Len())
	for i := range labels {
		labels[i] = int32(r.IntN(classes))
	}
	s.Labels = labels
	return s
}

func names(classes int) []string {
	list := make([]string, classes)
	for i := range list {
		list[i] = fmt.Sprintf("class %d", i)
	}
	return list
}

func engine(t testing.TB, threads int) kernel.Engine {
	e := portable.New(threads)
	t.Cleanup(func() { e.Close() })
	return e
}

// shades is a source of images whose class is their brightness.
type shades int

func (s shades) Len() int        { return int(s) }
func (s shades) Label(i int) int { return i % 3 }
func (s shades) Image(i int) augment.Image {
	img := augment.Image{Width: 9, Height: 8, Pix: make([]uint8, 3*9*8)}
	r := rng.For(11, rng.Synthetic, uint64(i))
	for j := range img.Pix {
		img.Pix[j] = uint8(80*(i%3) + r.IntN(60))
	}
	return img
}

var _ loader.Source = shades(0)

func dataOptions(workers int) DataOptions {
	return DataOptions{
		Augment: augment.Default(), Loader: loader.Config{Workers: workers, Prefetch: 1},
	}
}
