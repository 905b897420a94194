package atlas

import (
	"cmp"
	"context"
	"image"
	"math"
	"slices"

	"cmae/internal/evaluate/features"
	"cmae/internal/evaluate/knn"
	"cmae/internal/kernel"
)

// Pair is two images that are nearly the same.
type Pair struct {
	A      string  `json:"a"`
	B      string  `json:"b"`
	Cosine float64 `json:"cosine"`
	// root mean square difference of the small images' values, 0 to 1
	Difference float64 `json:"difference"`
	Groups     bool    `json:"groups_differ"` // their classes or folders differ
	a, b       int
}

// Outlier is an image that is like few others.
type Outlier struct {
	Path   string  `json:"path"`
	Cosine float64 `json:"cosine"` // mean, with its nearest images
	at     int
}

const (
	mostPairs    = 40
	mostOutliers = 32
	// the difference of small images up to which two are called duplicates: the same picture scaled
	// or compressed once more stays below it
	duplicate = .04
	// likewise, as a share of an image's own contrast: pictures of the sea are not one picture
	ofContrast = .4
)

// others are the nearest images of each of a set, without itself.
func others(
	ctx context.Context, e kernel.Engine, s features.Set, k int,
) ([]knn.Neighbour, error) {
	all, err := knn.Nearest(ctx, e, s, s, k+1)
	if err != nil {
		return nil, err
	}
	near := make([]knn.Neighbour, 0, s.Len()*k)
	for i := range s.Len() {
		left := k
		for _, m := range all[i*(k+1) : (i+1)*(k+1)] {
			if int(m.Index) != i && left > 0 { // of equal images the first k+1 may lack this one
				near = append(near, m)
				left--
			}
		}
	}
	return near, nil
}

// find lists near-duplicates and outliers.
func (a *atlas) find() {
	seen := map[[2]int]bool{}
	for i := range a.Paths {
		mean := 0.
		for _, m := range a.near[i*a.k : (i+1)*a.k] {
			mean += float64(m.Cosine) / float64(a.k)
			j := int(m.Index)
			key := [2]int{min(i, j), max(i, j)}
			if seen[key] {
				continue
			}
			seen[key] = true
			d := difference(a.Thumbs[i], a.Thumbs[j])
			if d < duplicate && d <= ofContrast*contrast(a.Thumbs[i]) {
				a.pairs = append(a.pairs, Pair{
					A: a.Paths[key[0]], B: a.Paths[key[1]],
					Cosine: float64(m.Cosine), Difference: d,
					Groups: a.Labels[i] != a.Labels[j], a: key[0], b: key[1],
				})
			}
		}
		a.outliers = append(a.outliers, Outlier{a.Paths[i], mean, i})
	}
	slices.SortStableFunc(a.pairs, func(x, y Pair) int {
		return cmp.Compare(x.Difference, y.Difference)
	})
	slices.SortStableFunc(a.outliers, func(x, y Outlier) int {
		return cmp.Compare(x.Cosine, y.Cosine)
	})
	a.pairs = a.pairs[:min(mostPairs, len(a.pairs))]
	a.outliers = a.outliers[:min(mostOutliers, len(a.outliers))]
}

// contrast is the standard deviation of an image's values about their channel's mean, 0 to 1.
func contrast(img *image.RGBA) float64 {
	n, variance := float64(len(img.Pix)/4), 0.
	for channel := range 3 {
		sum, squares := 0., 0.
		for i := channel; i < len(img.Pix); i += 4 {
			v := float64(img.Pix[i])
			sum, squares = sum+v, squares+v*v
		}
		variance += max(squares/n-sum*sum/n/n, 0) / 3
	}
	return math.Sqrt(variance) / 255
}

// difference of two images of one size.
func difference(a, b *image.RGBA) float64 {
	sum := 0.
	for i, v := range a.Pix {
		d := float64(v) - float64(b.Pix[i])
		sum += d * d
	}
	return math.Sqrt(sum/float64(len(a.Pix)*3/4)) / 255
}
