package crops

import (
	"math"
	"math/rand/v2"
	"testing"

	"cmae/internal/contrastivecrop"
	"cmae/internal/rng"
)

// Square crops of a quarter of a 100 px image. Their centre is bound to a point, so that every crop
// is known.
func TestScoreOfKnownCrops(t *testing.T) {
	shape := contrastivecrop.Shape{AreaMin: .25, AreaMax: .25, RatioMin: 1, RatioMax: 1, Alpha: 1}
	point := func(x, y float32) contrastivecrop.Box {
		return contrastivecrop.Box{Top: y, Left: x, Bottom: y, Right: x}
	}
	for _, c := range []struct {
		name                     string
		truth                    region
		bound                    contrastivecrop.Box
		centre, kept, share, iou float64
	}{
		{"object is the image", whole, point(.5, .5), 1, .25, 1, 1. / 10000},
		{"crop is the object", region{.25, .25, .75, .75}, point(.5, .5), 1, 1, 1, 1. / 2500},
		{"quarter overlap", region{0, 0, .5, .5}, point(.5, .5), 0, .25, .25, 0},
		{"apart", region{0, 0, .2, .2}, point(.75, .75), 0, 0, 0, 0},
		{"half of the object", region{.25, 0, .75, .5}, point(.5, .5), 0, .5, .5, 0},
	} {
		images := []scored{
			{
				width: 100, height: 100, truth: c.truth, bound: c.bound,
				boundRegion: regionOf(c.bound, 100, 100),
			},
		}
		got := score(
			images, shape, 3,
			func(i, j int) *rand.Rand { return rng.For(1, rng.Synthetic, uint64(j)) },
		)
		for _, v := range [][2]float64{
			{got.CentreInObject, c.centre}, {got.ObjectKept, c.kept},
			{got.ObjectShare, c.share}, {got.IoUMean, c.iou}, {got.IoUMedian, c.iou},
		} {
			if math.Abs(v[0]-v[1]) > 1e-6 { // box edges are float32
				t.Errorf("%s: %+v", c.name, got)
				break
			}
		}
	}
}

func TestMedianAndMean(t *testing.T) {
	var images []scored
	// IoU with the whole image is the object's area
	for _, right := range []float64{.1, .2, .6, 1} {
		images = append(
			images,
			scored{
				width: 10, height: 10, truth: region{0, 0, 1, right}, bound: contrastivecrop.Full,
				boundRegion: whole,
			},
		)
	}
	shape := contrastivecrop.Shape{AreaMin: 1, AreaMax: 1, RatioMin: 1, RatioMax: 1, Alpha: 1}
	got := score(
		images, shape, 1, func(i, j int) *rand.Rand { return rng.For(1, rng.Synthetic) },
	)
	want := Row{
		CentreInObject: .5, ObjectKept: 1, ObjectShare: .475, IoUMean: .475, IoUMedian: .4,
	}
	for _, v := range [][2]float64{
		{got.CentreInObject, want.CentreInObject},
		{got.ObjectKept, want.ObjectKept},
		{got.ObjectShare, want.ObjectShare},
		{got.IoUMean, want.IoUMean},
		{got.IoUMedian, want.IoUMedian},
	} {
		if math.Abs(v[0]-v[1]) > 1e-12 {
			t.Fatalf("%+v, want %+v", got, want)
		}
	}
}
