package picture

import (
	"context"
	"fmt"
	"image"

	"cmae/internal/contrastivecrop"
	"cmae/internal/evaluate/encoder"
	"cmae/internal/evaluate/features"
	"cmae/internal/report/canvas"
)

// PCA draws to a PNG file the first principal components of the patch features of whole images,
// those that Reconstructions shows: together as red, green and blue, and each by itself. What a
// patch's place says whatever the image shows, the mean over images of the features there, is taken
// away first: it would outshine all else. Components and means are over up to features.Batch
// images, the drawn ones among them.
func PCA(ctx context.Context, e *encoder.Encoder, path string, o Sample) error {
	shown, err := unseen(ctx, e, Sample{max(o.Count, features.Batch), o.Seed})
	if err != nil {
		return err
	}
	images, captions := shown.images, shown.captions
	x, views, err := encode(ctx, e, shown, contrastivecrop.Online)
	if err != nil {
		return err
	}
	defer x.Close()
	n := e.Grid() * e.Grid()
	patches := newPatches(x.Patches(), len(images)*n)
	if len(images) > 1 {
		captions = append(captions, placeCaption(patches.withoutPlace(n)))
	}
	components, err := patches.principal()
	if err != nil {
		return err
	}
	g := canvas.Grid{
		Title: "Principal components of the patch features of " + shown.what + ": " + e.Title() +
			e.Config.Look().Note(),
		Columns: []string{"image", "the three as red, green, blue"},
	}
	g.Captions = append(captions, pcaCaption(e, len(images)))
	for i, c := range components {
		g.Columns = append(
			g.Columns,
			fmt.Sprintf(
				"%s: %.0f %% of variance", []string{"first", "second", "third"}[i], 100*c.share,
			),
		)
	}
	for row, i := range images[:min(o.Count, len(images))] {
		original := viewTile(e, views, row)
		side := original.Rect.Dx()
		var maps [][]float32
		tiles := []*image.RGBA{original, nil}
		for _, c := range components {
			heat := c.values[row*n : (row+1)*n]
			maps, tiles = append(maps, heat), append(tiles, heatTile(heat, e.Grid(), side, nil))
		}
		tiles[1] = colourTile(maps, e.Grid(), side)
		g.Add(shown.set.Title(i), tiles)
	}
	return canvas.SavePNG(path, g.Draw())
}

func placeCaption(share float64) string {
	return fmt.Sprintf(
		"Taken away first: what a patch's place says whatever the image shows, which has %.0f %% "+
			"of the variance. The shares above are of the rest.",
		100*share,
	)
}

func pcaCaption(e *encoder.Encoder, images int) string {
	return fmt.Sprintf(
		"Components of the %d x %d patches of %d images, each from dark violet (its 2nd "+
			"percentile) to yellow (its 98th), enlarged bilinearly.",
		e.Grid(), e.Grid(), images,
	)
}
