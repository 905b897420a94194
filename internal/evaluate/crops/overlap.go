package crops

import (
	"math/rand/v2"
	"slices"

	"cmae/internal/contrastivecrop"
)

// Row is how well crops around one kind of box meet the true objects, each figure a mean over
// images and crops but the last two, which compare the box itself with the true one.
type Row struct {
	// plain, centre, contrastive, other-box, true-box
	Crops string `json:"crops"`
	// share of crops whose centre lies in the true box
	CentreInObject float64 `json:"centre_in_object"`
	ObjectKept     float64 `json:"object_kept"`  // share of the true box inside the crop
	ObjectShare    float64 `json:"object_share"` // share of the crop inside the true box
	// of the box that bounds the crops' centres and the true box
	IoUMean   float64 `json:"iou_mean"`
	IoUMedian float64 `json:"iou_median"`
}

// region is a rectangle in fractions of an image, open on its far sides.
type region struct{ top, left, bottom, right float64 }

// The whole image, and its central half in each direction.
var (
	whole   = region{0, 0, 1, 1}
	central = region{.25, .25, .75, .75}
)

// regionOf is the region that a box covers of an image of width x height pixels.
func regionOf(b contrastivecrop.Box, width, height int) region {
	top, left, bottom, right := b.Extent(width, height)
	return region{top, left, bottom, right}
}

func (a region) area() float64 { return max(a.bottom-a.top, 0) * max(a.right-a.left, 0) }

func (a region) meet(b region) region {
	return region{
		max(a.top, b.top), max(a.left, b.left), min(a.bottom, b.bottom), min(a.right, b.right),
	}
}

// iou is the area of the intersection over that of the union.
func iou(a, b region) float64 {
	common := a.meet(b).area()
	return common / (a.area() + b.area() - common)
}

// scored is an image with a true box, and the box that bounds the centres of its crops.
type scored struct {
	width, height int
	truth         region
	bound         contrastivecrop.Box
	boundRegion   region
}

// score draws crops of every image, count each, from the image's own stream.
func score(
	images []scored, shape contrastivecrop.Shape, count int,
	stream func(image, crop int) *rand.Rand,
) Row {
	var row Row
	overlaps := make([]float64, len(images))
	each := 1 / float64(len(images)*count)
	for i, img := range images {
		overlaps[i] = iou(img.boundRegion, img.truth)
		row.IoUMean += overlaps[i] / float64(len(images))
		for j := range count {
			crop := inFractions(
				contrastivecrop.Sample(stream(i, j), img.width, img.height, img.bound, shape),
				img.width, img.height,
			)
			common := crop.meet(img.truth).area()
			row.ObjectKept += each * common / img.truth.area()
			row.ObjectShare += each * common / crop.area()
			if crop.centreIn(img.truth) {
				row.CentreInObject += each
			}
		}
	}
	slices.Sort(overlaps)
	row.IoUMedian = (overlaps[(len(overlaps)-1)/2] + overlaps[len(overlaps)/2]) / 2
	return row
}

func inFractions(r contrastivecrop.Rect, width, height int) region {
	w, h := float64(width), float64(height)
	return region{
		float64(r.Top) / h, float64(r.Left) / w, float64(r.Top+r.Height) / h,
		float64(r.Left+r.Width) / w,
	}
}

func (a region) centreIn(b region) bool {
	y, x := (a.top+a.bottom)/2, (a.left+a.right)/2
	return y >= b.top && y < b.bottom && x >= b.left && x < b.right
}
