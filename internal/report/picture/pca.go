package picture

import (
	"context"
	"fmt"
	"image"

	"cmae/internal/contrastivecrop"
	"cmae/internal/evaluate/features"
	"cmae/internal/report/canvas"
)

// PCA draws to a PNG file the first principal components of the patch features of whole images,
// those that Reconstructions shows: together as red, green and blue, and each by itself. What a
// patch's place says whatever the image shows, the mean over images of the features there, is taken
// away first: it would outshine all else. Components and means are those of up to features.Batch
// images, the drawn ones among them.
func PCA(ctx context.Context, s *Subject, path string, o Sample) error {
	set, what, captions := s.unseen()
	images := pick(set, max(o.Count, features.Batch), o.Seed, every)
	x, views, err := s.encode(ctx, set, images, contrastivecrop.Online)
	if err != nil {
		return err
	}
	defer x.Close()
	n, values := s.grid()*s.grid(), 3*s.Side*s.Side
	patches := newPatches(x.Patches(), len(images)*n)
	if len(images) > 1 {
		captions = append(captions, placeCaption(patches.withoutPlace(n)))
	}
	components, err := patches.principal()
	if err != nil {
		return err
	}
	g := canvas.Grid{
		Title:   "Principal components of the patch features of " + what + ": " + s.Name,
		Columns: []string{"image", "the three as red, green, blue"},
	}
	g.Captions = append(captions, s.pcaCaption(len(images)))
	for i, c := range components {
		g.Columns = append(
			g.Columns,
			fmt.Sprintf(
				"%s: %.0f %% of variance", []string{"first", "second", "third"}[i], 100*c.share,
			),
		)
	}
	for row, i := range images[:min(o.Count, len(images))] {
		original := enlarged(ofView(views[row*values:(row+1)*values], s.Side, s.config.Augment))
		side := original.Rect.Dx()
		var maps [][]float32
		tiles := []*image.RGBA{original, nil}
		for _, c := range components {
			heat := c.values[row*n : (row+1)*n]
			maps, tiles = append(maps, heat), append(tiles, heatTile(heat, s.grid(), side, nil))
		}
		tiles[1] = colourTile(maps, s.grid(), side)
		g.Add(set.Title(i), tiles)
	}
	return canvas.SavePNG(path, g.Draw())
}

func placeCaption(share float64) string {
	return fmt.Sprintf(
		"Taken away first: what a patch's place says whatever the image shows, which has %.0f %% of the variance. The shares above are of the rest.",
		100*share,
	)
}

func (s *Subject) pcaCaption(images int) string {
	return fmt.Sprintf(
		"Components of the %d x %d patches of %d images, each from dark violet (its 2nd percentile) to yellow (its 98th), enlarged bilinearly.",
		s.grid(), s.grid(), images,
	)
}
