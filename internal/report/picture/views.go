package picture

import (
	"context"
	"fmt"
	"image"
	"image/draw"

	"cmae/internal/config"
	"cmae/internal/contrastivecrop"
	"cmae/internal/dataset"
	"cmae/internal/dataset/augment"
	"cmae/internal/dataset/loader"
	"cmae/internal/method"
	"cmae/internal/recipe"
	"cmae/internal/report"
	"cmae/internal/report/canvas"
)

// epochsShown is of how many epochs a picture shows the views of an image.
const epochsShown = 2

// Views draws to a PNG file what pretraining makes of training images in its first epochs, with the
// very draws of a run of the same seed: the query view, what masking leaves of it, and the key
// view. Of ContrastiveCrop's boxes the constant one has a part in it; the others an encoder would
// have to find first.
func Views(
	ctx context.Context, c recipe.Pretrain, console *report.Console, path string, o Sample,
) error {
	data, err := dataset.OpenWithConsole(ctx, c.Data, c.Seed, console)
	if err != nil {
		return err
	}
	if a := &c.Augment; len(a.Mean) == 0 {
		stats := data.Train.Stats(dataset.StatsImages)
		a.Mean, a.Std = stats.Mean, stats.Std
	}
	side, err := data.Side()
	if err == nil {
		err = method.All().CheckData(c, side, data.Train.Len())
	}
	if err != nil {
		return config.Invalid(err)
	}
	m := method.Of(c)
	v := &views{
		config: c.At(side), loading: method.Loading(m, c.At(side)), side: side, train: data.Train,
	}
	g := canvas.Grid{
		Title:   fmt.Sprintf("What %s is trained on%s", m.Title(c), c.Look().Note()),
		Columns: []string{"image"}, Captions: v.captions(),
	}
	for epoch := range epochsShown {
		g.Columns = append(g.Columns, v.columns(epoch)...)
	}
	for _, i := range pick(data.Train, o.Count, o.Seed, every) {
		g.Add(data.Train.Title(i), v.tiles(i))
	}
	return canvas.SavePNG(path, g.Draw())
}

// views makes the tiles of Views.
type views struct {
	config  recipe.Sized
	loading loader.Options
	side    int
	train   *dataset.Set
}

func (v *views) masked() bool { return v.loading.Patches > 0 }
func (v *views) keyed() bool  { return v.loading.Mode == loader.TwoViews }

func (v *views) columns(epoch int) []string {
	columns := []string{fmt.Sprintf("query view, epoch %d", epoch+1)}
	if v.masked() {
		columns = append(columns, "visible of it")
	}
	if v.keyed() {
		columns = append(columns, "key view")
	}
	return columns
}

func (v *views) captions() []string {
	a := v.config.Augment
	text := fmt.Sprintf(
		"Images resized to %d x %d. Crops of %g to %g of the area, mirrored with probability %g.",
		v.side, v.side, a.ScaleMin, a.ScaleMax, a.FlipProb,
	)
	if v.keyed() {
		text += fmt.Sprintf(
			" Key views also have colour jitter (probability %g)", a.JitterProb,
		)
		if a.Channels() == 3 {
			text += fmt.Sprintf(", gray (%g)", a.GrayProb)
		}
		if v.side > augment.BlurAbove {
			text += fmt.Sprintf(", blur (%g)", a.BlurProb)
		}
		text += "."
		if a.ColourQuery {
			text += " So have query views."
		}
	}
	captions := []string{text}
	switch crop := v.config.Crop; {
	case v.boxes(epochsShown-1) != nil:
		captions = append(
			captions,
			fmt.Sprintf(
				"Crops are centred in the middle half of the image (crop.source constant), at "+
					"Beta(%g, %g).",
				crop.Alpha, crop.Alpha,
			),
		)
	case crop.Active(epochsShown-1, v.config.Train.Epochs):
		captions = append(
			captions,
			"Crops lie anywhere: the boxes of ContrastiveCrop, which an encoder must find first, "+
				"are left out.",
		)
	case crop.Enabled:
		captions = append(
			captions, "Crops lie anywhere in these epochs: ContrastiveCrop begins later.",
		)
	}
	return captions
}

// boxes bound the crops of an epoch as far as they are known without an encoder: nil where there
// are none.
func (v *views) boxes(epoch int) func(image int) contrastivecrop.Box {
	crop := v.config.Crop
	if crop.Source.HasHeat() || !crop.Active(epoch, v.config.Train.Epochs) {
		return nil
	}
	return func(image int) contrastivecrop.Box {
		box, _ := crop.Source.Given(image, v.train.Box)
		return box
	}
}

// tiles are the row of a training image.
func (v *views) tiles(index int) []*image.RGBA {
	images, o := v.train, v.loading
	whole := o
	whole.Mode = loader.Uncropped
	tiles := []*image.RGBA{v.tile(loader.Make(images, whole, 0, nil, index).Query)}
	for epoch := range epochsShown {
		b := loader.Make(images, o, epoch, v.boxes(epoch), index)
		tiles = append(tiles, v.tile(b.Query))
		if v.masked() {
			tiles = append(tiles, v.visible(b))
		}
		if v.keyed() {
			tiles = append(tiles, v.tile(b.Key))
		}
	}
	return tiles
}

func (v *views) tile(view []float32) *image.RGBA {
	return enlarged(ofView(view, v.side, v.config.Look()))
}

// visible is the query view of a batch of one image, its hidden patches gray.
func (v *views) visible(b *loader.Batch) *image.RGBA {
	c := v.config
	shown := ofView(b.Query, v.side, v.config.Look())
	for _, place := range placesOf(
		c, loader.NewMask(b.NoiseQuery, c.Patches(), c.Visible()).Masked,
	) {
		draw.Draw(shown, place, image.NewUniform(hidden), image.Point{}, draw.Src)
	}
	return enlarged(shown)
}
