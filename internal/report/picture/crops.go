package picture

import (
	"context"
	"fmt"
	"image"
	"slices"

	"cmae/internal/contrastivecrop"
	"cmae/internal/dataset"
	"cmae/internal/dataset/loader"
	"cmae/internal/evaluate/crops"
	"cmae/internal/evaluate/encoder"
	"cmae/internal/report/canvas"
)

// cropsShown is the number of plain and of contrastive crops of an image that a picture shows.
const cropsShown = 3

// Crops draws training images to a PNG file: heat map, true box where the data has one, found box,
// and some crops of both kinds. Images with true boxes are preferred.
func Crops(ctx context.Context, e *encoder.Encoder, path string, o Sample) error {
	data, err := e.Data(ctx)
	if err != nil {
		return err
	}
	set := data.Train
	images := pick(set, o.Count, o.Seed, func(i int) bool { _, ok := set.Box(i); return ok })
	truth := len(images) > 0
	if !truth {
		images = pick(set, o.Count, o.Seed, every)
	}
	found, origin, err := crops.Boxes(ctx, e, images, false)
	if err != nil {
		return err
	}
	heats := map[int][]float32{}
	keep := func(i int, raw []float32) { heats[i] = slices.Clone(raw) }
	if err := e.EachHeat(ctx, set, images, keep); err != nil {
		return err
	}
	g := canvas.Grid{
		Title:   "ContrastiveCrop on training images: " + e.Title() + e.Config.Look().Note(),
		Columns: []string{"image", "heat map", "boxes"}, Captions: cropCaptions(e, truth, origin),
	}
	for _, kind := range []string{"plain", "contrastive"} {
		for i := range cropsShown {
			g.Columns = append(g.Columns, fmt.Sprintf("%s crop %d", kind, i+1))
		}
	}
	views := look(e, loader.Uncropped, set, images, 0).Query
	for row, i := range images {
		original := viewTile(e, views, row)
		boxed := clone(original)
		frame := frameOf(boxed, found(i), e.Side)
		if b, ok := set.Box(i); ok {
			truth := frameOf(boxed, b, set.Image(i).Width)
			outline(boxed, truth, trueBox)
			if truth == frame {
				frame = frame.Inset(4) // both can be seen
			}
		}
		outline(boxed, frame, foundBox)
		tiles := []*image.RGBA{original, heatOf(e, heats[i], original.Rect.Dx(), original), boxed}
		tiles = append(tiles, cropTiles(e, set, i, nil, o.Seed)...)
		tiles = append(tiles, cropTiles(e, set, i, found, o.Seed)...)
		g.Add(set.Title(i), tiles)
	}
	return canvas.SavePNG(path, g.Draw())
}

// cropTiles are some query views of a training image, around a box where there are boxes, not
// mirrored.
func cropTiles(
	e *encoder.Encoder, set *dataset.Set, index int, boxes func(image int) contrastivecrop.Box,
	seed uint64,
) []*image.RGBA {
	o := loader.Options{
		Mode: loader.OneView, Seed: seed, Side: e.Side, CropAlpha: e.Config.Crop.Alpha,
		Augment: e.Config.Augment,
	}
	o.Augment.FlipProb = 0
	var tiles []*image.RGBA
	for i := range cropsShown {
		view := loader.Make(set, o, i, boxes, index).Query
		tiles = append(tiles, viewTile(e, view, 0))
	}
	return tiles
}

func cropCaptions(e *encoder.Encoder, truth bool, origin string) []string {
	c := e.Config.Crop
	green := "The data has no true boxes."
	if truth {
		green = "Green: the object's true box."
	}
	where := "Orange: " + boxCaption(c) + "."
	if origin == crops.FromCheckpoint {
		where += " It was found at the run's last refresh; the heat map is that of the encoder " +
			"since."
	}
	if !c.Source.HasHeat() {
		where += " The heat map is the attention's."
	}
	return append([]string{
		"Heat map: dark violet is its minimum, yellow its maximum. " + green + " " + where,
		fmt.Sprintf(
			"Plain crops lie anywhere; the centres of contrastive ones lie in the orange box, at "+
				"Beta(%g, %g). Area %g to %g of the image.",
			c.Alpha, c.Alpha, e.Config.Augment.ScaleMin, e.Config.Augment.ScaleMax,
		),
	}, heatCaptions(e)...)
}
