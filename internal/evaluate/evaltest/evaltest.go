// Package evaltest makes features and images with known classes for tests of evaluations.
package evaltest

import (
	"fmt"
	"testing"

	"cmae/internal/dataset/augment"
	"cmae/internal/dataset/loader"
	"cmae/internal/evaluate/features"
	"cmae/internal/kernel"
	"cmae/internal/kernel/portable"
	"cmae/internal/recipe"
	"cmae/internal/rng"
)

// Clusters draws n images of as many Gaussian clusters as classes: unit deviation around centres
// that differ by split not at all, spread apart by gap, on an offset of 3 with columns of very
// different scale, which BatchNorm must even out. cosine needs the angle only.
func Clusters(n, dim, classes int, gap float64, seed uint64) features.Set {
	s := features.Set{Encoder: "clusters", Feature: recipe.Mean, Dim: dim}
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

// Shuffled gives s labels without any relation to its values.
func Shuffled(s features.Set, classes int) features.Set {
	r := rng.For(5, rng.Synthetic)
	labels := make([]int32, s.Len())
	for i := range labels {
		labels[i] = int32(r.IntN(classes))
	}
	s.Labels = labels
	return s
}

// Names are names for so many classes.
func Names(classes int) []string {
	list := make([]string, classes)
	for i := range list {
		list[i] = fmt.Sprintf("class %d", i)
	}
	return list
}

// Engine is a portable engine that the test closes.
func Engine(t testing.TB, threads int) kernel.Engine {
	e := portable.New(threads)
	t.Cleanup(func() { e.Close() })
	return e
}

// Shades is a source of images whose class is their brightness.
type Shades int

var _ loader.Source = Shades(0)

// Len is the number of images.
func (s Shades) Len() int { return int(s) }

// Label is one of three.
func (s Shades) Label(i int) int { return i % 3 }

// Image is 9 x 8 pixels of noise.
func (s Shades) Image(i int) augment.Image {
	img := augment.Image{Width: 9, Height: 8, Pix: make([]uint8, 3*9*8)}
	r := rng.For(11, rng.Synthetic, uint64(i))
	for j := range img.Pix {
		img.Pix[j] = uint8(80*(i%3) + r.IntN(60))
	}
	return img
}

// Loading is the usual one with so many workers.
func Loading(workers int) features.Loading {
	return features.Loading{
		Augment: augment.Default(), Loader: loader.Config{Workers: workers, Prefetch: 1},
	}
}
