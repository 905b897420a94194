package picture

import (
	"context"
	"fmt"
	"image"
	"slices"

	"cmae/internal/contrastivecrop"
	"cmae/internal/dataset"
	"cmae/internal/evaluate/encoder"
	"cmae/internal/report"
	"cmae/internal/report/canvas"
)

// Attention draws to a PNG file what the class token of the last block pays to each patch of whole
// images, those that Reconstructions shows: a map a head, their mean, and the image with the box
// that ContrastiveCrop finds.
func Attention(ctx context.Context, e *encoder.Encoder, path string, o Sample) error {
	shown, err := unseen(ctx, e, o)
	if err != nil {
		return err
	}
	x, views, err := encode(ctx, e, shown, e.HeatNet())
	if err != nil {
		return err
	}
	defer x.Close()
	c, n := e.Config, e.Grid()*e.Grid()
	heads := c.Model.Resolved().Heads
	maps, mean, raw := x.Attention(), x.AttentionHeat(), x.RawHeat(c.Crop)
	silent := 0 // images whose map says nothing
	g := canvas.Grid{
		Title: "Attention of the class token in the last block to " + shown.what + ": " +
			e.Title() + c.Look().Note(),
		Columns: []string{"image"},
	}
	for h := range heads {
		g.Columns = append(g.Columns, fmt.Sprintf("head %d", h+1))
	}
	g.Columns = append(g.Columns, "mean of heads", "box")
	for row, i := range shown.images {
		original := viewTile(e, views, row)
		tiles := []*image.RGBA{original}
		for h := range heads {
			at := (row*heads + h) * n
			tiles = append(tiles, heatOf(e, maps[at:at+n], original.Rect.Dx(), nil))
		}
		boxed := clone(original)
		box, found := boxOf(e, shown.set, i, raw[row*n:(row+1)*n])
		if !found {
			silent++
		}
		outline(boxed, frameOf(boxed, box, e.Side), foundBox)
		tiles = append(tiles, heatOf(e, mean[row*n:(row+1)*n], original.Rect.Dx(), original), boxed)
		g.Add(shown.set.Title(i), tiles)
	}
	g.Captions = append(append(shown.captions, attentionCaptions(e, silent)...), heatCaptions(e)...)
	return canvas.SavePNG(path, g.Draw())
}

func attentionCaptions(e *encoder.Encoder, silent int) []string {
	c := e.Config.Crop
	captions := []string{
		fmt.Sprintf(
			"Every map from its own minimum (dark violet) to its own maximum (yellow), %d x %d "+
				"patches, enlarged bilinearly.",
			e.Grid(), e.Grid(),
		),
		"Box (orange): " + boxCaption(c) + ". ContrastiveCrop centres its crops in it.",
	}
	if silent == 0 {
		return captions
	}
	have := "have"
	if silent == 1 {
		have = "has"
	}
	return append(captions, fmt.Sprintf(
		"%s %s no usable map: it is drawn dark, and the box is the whole image.",
		report.Count(silent, "image"), have,
	))
}

// boxCaption says where the box comes from.
func boxCaption(c contrastivecrop.Config) string {
	switch c.Source {
	case contrastivecrop.Constant:
		return "the central half of every image (crop.source constant)"
	case contrastivecrop.Annotated:
		return "the data's own (crop.source annotated)"
	}
	source := string(c.Source)
	if c.Head > 0 {
		source += fmt.Sprintf(" of head %d", c.Head)
	}
	rule := fmt.Sprintf("is above crop.threshold %g", c.Threshold)
	switch c.Rule {
	case contrastivecrop.Quantile:
		rule = fmt.Sprintf("is above what a share of %g of the patches have", c.Threshold)
	case contrastivecrop.Otsu:
		rule = "is in the upper of Otsu's two groups"
	}
	return fmt.Sprintf("where crop.source %s %s", source, rule)
}

// heatOf is the tile of a raw heat map, evenly dark where it says nothing.
func heatOf(e *encoder.Encoder, raw []float32, side int, over *image.RGBA) *image.RGBA {
	heat := make([]float32, len(raw))
	if !contrastivecrop.HeatMap(raw, heat) {
		clear(heat)
	}
	return heatTile(heat, e.Grid(), side, over)
}

// boxOf is what ContrastiveCrop takes of an image of a set with this raw heat map, and false with
// the whole image where nothing says where the object is.
func boxOf(
	e *encoder.Encoder, set *dataset.Set, image int, raw []float32,
) (contrastivecrop.Box, bool) {
	c := e.Config.Crop
	if !c.Source.HasHeat() {
		return c.Source.Given(image, set.Box)
	}
	return c.FindBox(slices.Clone(raw), e.Grid(), e.Side)
}
