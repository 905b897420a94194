// Package crops evaluates the boxes and crops of ContrastiveCrop by the true boxes of objects, on
// data that has some.
//
// Reading order: crops.go (what is compared), boxes.go (the boxes of a run), overlap.go (how well
// crops meet objects).
package crops

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"text/tabwriter"

	"cmae/internal/contrastivecrop"
	"cmae/internal/dataset"
	"cmae/internal/evaluate/encoder"
	"cmae/internal/report"
	"cmae/internal/rng"
)

// Score compares a run's boxes and the crops that they lead to with the true boxes of the training
// images.
type Score struct {
	Run           string `json:"run"`
	Images        int    `json:"images"`          // with a true box
	CropsPerImage int    `json:"crops_per_image"` // of each kind
	// from the checkpoint, encoder or settings
	Boxes     string                 `json:"boxes"`
	Source    contrastivecrop.Source `json:"source"`
	Rule      contrastivecrop.Rule   `json:"rule"`
	Threshold float64                `json:"threshold"`
	Alpha     float64                `json:"alpha"`
	BoxArea   float64                `json:"box_area"`  // mean, of the found boxes
	TrueArea  float64                `json:"true_area"` // mean, of the true boxes
	Rows      []Row                  `json:"rows"`
}

// Options say what to score. With Fresh the boxes are found anew although the checkpoint has some.
type Options struct {
	Crops int
	Fresh bool
}

// Run scores plain crops, crops around the central half (SimCCrop), crops around the run's
// boxes, around those of other images, and around the true boxes, which is the best that any heat
// map could give. The boxes of other images, dealt out by the seed, are the control: a small box
// meets the true one less than the whole image does, wherever it lies, so what a heat map knows of
// its image is by how much its box is better than another's. Data without boxes is fault.Data.
func Run(ctx context.Context, e *encoder.Encoder, o Options) (*Score, error) {
	data, err := e.Data(ctx)
	if err != nil {
		return nil, err
	}
	set, c := data.Train, e.Config
	images, at := truths(set)
	if len(images) == 0 {
		return nil, noBoxes(data, c.Data.Path)
	}
	found, origin, err := Boxes(ctx, e, at, o.Fresh)
	if err != nil {
		return nil, err
	}
	result := &Score{
		Run: e.Title(), Images: len(images), CropsPerImage: o.Crops, Boxes: origin,
		Source: c.Crop.Source, Rule: c.Crop.Rule, Threshold: c.Crop.Threshold, Alpha: c.Crop.Alpha,
	}
	add := func(name string, alpha float64, box func(i int) (contrastivecrop.Box, region)) {
		for i := range images {
			images[i].bound, images[i].boundRegion = box(i)
		}
		row := score(images, c.Augment.Shape(alpha), o.Crops, func(i, crop int) *rand.Rand {
			return rng.For(c.Seed, rng.QueryView, uint64(crop), uint64(at[i]))
		})
		row.Crops = name
		result.Rows = append(result.Rows, row)
	}
	add("plain", 1, func(int) (contrastivecrop.Box, region) { return contrastivecrop.Full, whole })
	add(
		"centre", c.Crop.Alpha,
		func(int) (contrastivecrop.Box, region) { return contrastivecrop.Centre, central },
	)
	regionAt := func(image int) region { return regionOf(found(image), e.Side, e.Side) }
	if origin == FromSettings {
		regionAt = func(int) region { return central }
	}
	add(
		"contrastive", c.Crop.Alpha,
		func(i int) (contrastivecrop.Box, region) { return found(at[i]), regionAt(at[i]) },
	)
	result.addAreas(images)
	other := rng.For(c.Seed, rng.Subset, uint64(len(at))).Perm(len(at))
	add(
		"other-box", c.Crop.Alpha,
		func(i int) (contrastivecrop.Box, region) {
			return found(at[other[i]]), regionAt(at[other[i]])
		},
	)
	add("true-box", c.Crop.Alpha, func(i int) (contrastivecrop.Box, region) {
		b, _ := set.Box(at[i])
		return b, images[i].truth
	})
	return result, nil
}

// truths are the images of a split that have a true box, and their indices.
func truths(set *dataset.Set) (images []scored, at []int) {
	for i := range set.Len() {
		if truth, ok := set.Box(i); ok {
			img := set.Image(i)
			images = append(
				images,
				scored{
					width: img.Width, height: img.Height,
					truth: regionOf(truth, img.Width, img.Height),
				},
			)
			at = append(at, i)
		}
	}
	return images, at
}

// addAreas takes the mean areas while the bounds are the found boxes.
func (c *Score) addAreas(images []scored) {
	for _, img := range images {
		c.BoxArea += img.boundRegion.area() / float64(len(images))
		c.TrueArea += img.truth.area() / float64(len(images))
	}
}

func noBoxes(data *dataset.Data, path string) error {
	if path == "" {
		path = string(data.Report.Format)
	}
	return &dataset.Error{Path: path, Err: errors.New(
		"no training image has a bounding box to evaluate crops by",
	),
		Remedy: "use data that carries them, such as Tiny-ImageNet in its original layout"}
}

// WriteText writes the score as a table.
func (c *Score) WriteText(out io.Writer) {
	fmt.Fprintf(
		out,
		"%s: %d training images with a true box (mean area %.3f), %d crops of each kind an image\n",
		report.Printable(c.Run), c.Images, c.TrueArea, c.CropsPerImage,
	)
	how := fmt.Sprintf("source %s, %s", c.Source, c.Rule)
	if c.Rule != contrastivecrop.Otsu {
		how += fmt.Sprintf(" threshold %g", c.Threshold)
	}
	switch c.Boxes {
	case FromSettings:
		how = "the central half of every image"
	case FromData:
		how = "the true ones"
	}
	fmt.Fprintf(
		out, "boxes from the %s: %s, mean area %.3f; alpha %g\n\n", c.Boxes, how, c.BoxArea,
		c.Alpha,
	)
	w := tabwriter.NewWriter(out, 0, 0, 3, ' ', tabwriter.AlignRight)
	fmt.Fprint(w, "crops\tcentre in object\tobject kept\tcrop is object\tbox IoU mean\tmedian\t\n")
	for _, r := range c.Rows {
		fmt.Fprintf(
			w, "%s\t%.1f %%\t%.1f %%\t%.1f %%\t%.3f\t%.3f\t\n", r.Crops, 100*r.CentreInObject,
			100*r.ObjectKept, 100*r.ObjectShare, r.IoUMean, r.IoUMedian,
		)
	}
	w.Flush()
}
