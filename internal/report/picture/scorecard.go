package picture

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"text/tabwriter"

	"cmae/internal/contrastivecrop"
	"cmae/internal/dataset"
	"cmae/internal/rng"
	"cmae/internal/rundir"
	"cmae/internal/rundir/checkpoint"
)

// Where the boxes of a score or a picture come from.
const (
	savedBoxes = "checkpoint" // those that the run cropped by
	foundBoxes = "encoder"    // found anew by the encoder as it is
	fixedBoxes = "settings"   // crop.source constant: the central half of every image
)

// CropScore judges a run's boxes and the crops that they lead to against the true boxes of the
// training images.
type CropScore struct {
	Run           string `json:"run"`
	Images        int    `json:"images"`          // with a true box
	CropsPerImage int    `json:"crops_per_image"` // of each kind
	// from the checkpoint, encoder or settings
	Boxes     string                 `json:"boxes"`
	Source    contrastivecrop.Source `json:"source"`
	Threshold float64                `json:"threshold"`
	Alpha     float64                `json:"alpha"`
	BoxArea   float64                `json:"box_area"`  // mean, of the found boxes
	TrueArea  float64                `json:"true_area"` // mean, of the true boxes
	Rows      []CropRow              `json:"rows"`
}

// ScoreOptions say what to score. With Fresh the boxes are found anew although the checkpoint has
// some.
type ScoreOptions struct {
	Crops int
	Fresh bool
}

// ScoreCrops scores plain crops, crops around the central half (SimCCrop), crops around the run's
// boxes, around those of other images, and around the true boxes, which is the best that any heat
// map could give. The boxes of other images, dealt out by the seed, are the control: a small box
// meets the true one less than the whole image does, wherever it lies, so what a heat map knows of
// its image is by how much its box is better than another's. Data without boxes is fault.Data.
func ScoreCrops(ctx context.Context, s *Subject, o ScoreOptions) (*CropScore, error) {
	set, c := s.Data.Train, s.config
	images, at := truths(set)
	if len(images) == 0 {
		return nil, s.noBoxes()
	}
	found, origin, err := s.boxes(ctx, at, o.Fresh)
	if err != nil {
		return nil, err
	}
	score := &CropScore{
		Run: s.Name, Images: len(images), CropsPerImage: o.Crops, Boxes: origin,
		Source: c.Crop.Source, Threshold: c.Crop.Threshold, Alpha: c.Crop.Alpha,
	}
	add := func(name string, alpha float64, box func(i int) (contrastivecrop.Box, region)) {
		for i := range images {
			images[i].bound, images[i].boundRegion = box(i)
		}
		row := scoreCrops(images, c.Augment.Shape(alpha), o.Crops, func(i, crop int) *rand.Rand {
			return rng.For(c.Seed, rng.QueryView, uint64(crop), uint64(at[i]))
		})
		row.Crops = name
		score.Rows = append(score.Rows, row)
	}
	add("plain", 1, func(int) (contrastivecrop.Box, region) { return contrastivecrop.Full, whole })
	add(
		"centre", c.Crop.Alpha,
		func(int) (contrastivecrop.Box, region) { return contrastivecrop.Centre, central },
	)
	regionAt := func(image int) region { return regionOf(found(image), s.Side, s.Side) }
	if origin == fixedBoxes {
		regionAt = func(int) region { return central }
	}
	add(
		"contrastive", c.Crop.Alpha,
		func(i int) (contrastivecrop.Box, region) { return found(at[i]), regionAt(at[i]) },
	)
	score.addAreas(images)
	other := rng.For(c.Seed, rng.Subset, uint64(len(at))).Perm(len(at))
	add(
		"other-box", c.Crop.Alpha,
		func(i int) (contrastivecrop.Box, region) {
			return found(at[other[i]]), regionAt(at[other[i]])
		},
	)
	add("true-box", c.Crop.Alpha, func(i int) (contrastivecrop.Box, region) {
		b, _ := set.Box(at[i])
		return contrastivecrop.Box(b), images[i].truth
	})
	return score, nil
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
					truth: regionOf(contrastivecrop.Box(truth), img.Width, img.Height),
				},
			)
			at = append(at, i)
		}
	}
	return images, at
}

// addAreas takes the mean areas while the bounds are the found boxes.
func (c *CropScore) addAreas(images []scored) {
	for _, img := range images {
		c.BoxArea += img.boundRegion.area() / float64(len(images))
		c.TrueArea += img.truth.area() / float64(len(images))
	}
}

func (s *Subject) noBoxes() error {
	path := s.config.Data.Path
	if path == "" {
		path = string(s.Data.Report.Format)
	}
	return &dataset.Error{Path: path, Err: errors.New(
		"no training image has a bounding box to judge crops by",
	),
		Remedy: "use data that carries them, such as Tiny-ImageNet in its original layout"}
}

// boxes gives the box of each of the training images at: those of the checkpoint if it has some and
// they belong to these images and settings, else as the encoder finds them now. The second result
// says which.
func (s *Subject) boxes(
	ctx context.Context, at []int, fresh bool,
) (func(image int) contrastivecrop.Box, string, error) {
	c := s.config.Crop
	boxes := contrastivecrop.NewBoxes(s.Data.Train.Len(), s.Side, c.Source)
	if c.Source == contrastivecrop.Constant {
		return boxes.Lookup(), fixedBoxes, nil
	}
	if !fresh {
		saved, err := s.restoreBoxes(boxes)
		if err != nil || saved {
			return boxes.Lookup(), savedBoxes, err
		}
	}
	refresh := boxes.Refresh(c.Threshold)
	if err := s.eachHeat(ctx, s.Data.Train, at, refresh.Put); err != nil {
		return nil, "", err
	}
	stats := refresh.Commit()
	if stats.Degenerate > 0 {
		s.console.Warn(
			"%d of %d images have no usable heat map: their box is the whole image",
			stats.Degenerate, len(at),
		)
	}
	return boxes.Lookup(), foundBoxes, nil
}

// restoreBoxes takes the boxes of the checkpoint and reports whether it did: not where the run has
// found none yet, and not where settings were changed since, so that they would be other images' or
// would be found in another way.
func (s *Subject) restoreBoxes(boxes *contrastivecrop.Boxes) (bool, error) {
	if !s.config.Crop.Enabled {
		return false, nil
	}
	was, err := s.trainedWith()
	if was == nil || err != nil || was.Crop.Boxes() != s.config.Crop.Boxes() {
		return false, err
	}
	c, err := checkpoint.Load(s.file.Path)
	if err != nil || !c.TrainedOn(s.Data.Train.Digest(), s.Side) {
		return false, err
	}
	found, err := rundir.RestoreBoxes(c, boxes)
	if err != nil {
		return false, fmt.Errorf("picture: %q: %w", s.file.Path, err)
	}
	return found, nil
}

// WriteText writes the score as a table.
func (c *CropScore) WriteText(out io.Writer) {
	fmt.Fprintf(
		out,
		"%s: %d training images with a true box (mean area %.3f), %d crops of each kind an image\n",
		c.Run, c.Images, c.TrueArea, c.CropsPerImage,
	)
	how := fmt.Sprintf("source %s, threshold %g", c.Source, c.Threshold)
	if c.Boxes == fixedBoxes {
		how = "the central half of every image"
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
