package picture

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"

	"cmae/internal/config"
	"cmae/internal/dataset/loader"
	"cmae/internal/evaluate/encoder"
	"cmae/internal/fault"
	"cmae/internal/graph/exec"
	"cmae/internal/kernel"
	"cmae/internal/losses"
	"cmae/internal/method/cmae"
	"cmae/internal/model"
	"cmae/internal/recipe"
	"cmae/internal/report/canvas"
)

// leak is what a reader must know about pictures of a model trained with norm_pix.
const leak = "Not all of this was predicted: with norm_pix the decoder predicts each patch only " +
	"relative to that patch's own mean and deviation. To show pixels, both are taken from the " +
	"original, for hidden patches too; brightness and contrast of every patch are given away."

// grayed is what a reader must know about reconstructions of gray images.
const grayed = "Of gray images the mean of the three predicted channels is shown."

// Reconstructions draws test images, or training images where there are no others, to a PNG file:
// original, with hidden patches gray, as predicted, and the prediction pasted into what was
// visible. Weights without a decoder are fault.Mismatch.
func Reconstructions(ctx context.Context, e *encoder.Encoder, path string, o Sample) error {
	shown, err := unseen(ctx, e, o)
	if err != nil {
		return err
	}
	c := e.Config.At(e.Side)
	if c.Reconstruct.Weight > 0 {
		if err := cmae.CheckMasked(c); err != nil {
			return &config.Error{Problem: err.Error(), Err: err}
		}
	}
	b := look(e, loader.Whole, shown.set, shown.images, o.Seed)
	m := loader.NewMask(b.NoiseQuery, c.Patches(), c.Visible())
	pred, err := predict(e, c, b.Query, m)
	if err != nil {
		return err
	}
	if err := errors.Join(sameTarget(e, c), context.Cause(ctx)); err != nil {
		return err
	}
	g := canvas.Grid{
		Title:   "Reconstruction of masked " + shown.what + ": " + e.Title() + c.Look().Note(),
		Columns: []string{"original", "masked", "predicted", "pasted"},
		Captions: append(
			shown.captions,
			fmt.Sprintf(
				"%d of %d patches (%d x %d px) hidden. Predicted: the decoder's output for all "+
					"patches; it was trained on hidden ones only. Pasted: visible patches as "+
					"they are, hidden ones as predicted.",
				c.Patches()-c.Visible(), c.Patches(), c.Model.PatchSize, c.Model.PatchSize,
			),
		),
	}
	if c.Reconstruct.NormPix {
		g.Captions = append(g.Captions, leak)
	}
	if len(shown.images) > 4 {
		g.Panels = 2
	}
	values, hidden := c.Values(), c.Patches()-c.Visible()
	gray := false
	for row, i := range shown.images {
		view, patches := b.Query[row*values:(row+1)*values], pred[row*values:(row+1)*values]
		tiles := reconstruction(
			c, view, patches, m.Masked[row*hidden:(row+1)*hidden],
		)
		g.Add(shown.set.Title(i), tiles)
		gray = gray || isGray(tiles[0])
	}
	if gray {
		g.Captions = append(g.Captions, grayed)
	}
	return canvas.SavePNG(path, g.Draw())
}

// sameTarget refuses to read the decoder's output in another way than it was trained.
func sameTarget(e *encoder.Encoder, c recipe.Sized) error {
	was, err := e.TrainedWith()
	if err != nil || was == nil || was.Reconstruct.NormPix == c.Reconstruct.NormPix {
		return err
	}
	return &config.Error{
		Key: "reconstruct.norm_pix",
		Problem: fmt.Sprintf(
			"the decoder was trained with %t, and its output means nothing else",
			was.Reconstruct.NormPix,
		),
	}
}

// reconstruction makes the tiles of one image from its view and its predicted patches [N,P].
func reconstruction(
	c recipe.Sized, view, patches []float32, hiddenPatches []int32,
) []*image.RGBA {
	original := ofView(view, c.Side, c.Look())
	predicted := ofView(assemble(c, patches, view), c.Side, c.Look())
	if isGray(original) {
		makeGray(predicted)
	}
	masked, pasted := clone(original), clone(original)
	for _, place := range placesOf(c, hiddenPatches) {
		draw.Draw(masked, place, image.NewUniform(hidden), image.Point{}, draw.Src)
		draw.Draw(pasted, place, predicted, place.Min, draw.Src)
	}
	return []*image.RGBA{
		enlarged(original), enlarged(masked), enlarged(predicted), enlarged(pasted),
	}
}

// predict runs encoder and decoder on the visible patches of views[B,C,S,S] and returns the
// predicted patches [B,N,P]. Encoders from elsewhere have no decoder: fault.Mismatch.
func predict(
	e *encoder.Encoder, c recipe.Sized, views []float32, m loader.Mask,
) ([]float32, error) {
	if c.Reconstruct.Weight == 0 {
		return nil, &config.Error{
			Key:     "reconstruct.weight",
			Problem: "is 0: this model has no decoder to reconstruct with",
		}
	}
	batch := len(m.Restore) / c.Patches()
	least := c.Model.MinMemoryOf(c.Side, batch, c.Visible(), false)
	least = append(least, c.Decoder.MinMemory(c.Side, batch, c.Patches(), false)...)
	f, loaded, err := e.Compile(least, func(b *exec.Builder) {
		images := b.Input("images", kernel.F32, batch, c.Model.In(), c.Side, c.Side)
		visible := b.Input("visible", kernel.I32, batch, c.Visible())
		restore := b.Input("restore", kernel.I32, batch, c.Patches())
		encoder := model.NewEncoder(b.Scope, c.Model, c.Side)
		decoder := model.NewDecoder(b.Scope, c.Decoder, c.Model.Dim, c.Grid(), c.Pixels())
		seen := encoder.Forward(encoder.Embed(images), visible, nil).Tokens // [B,1+V,D]
		b.Output("patches", decoder.Forward(seen, restore))
	})
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if i := slices.IndexFunc(loaded.Fresh, model.DecoderPart().Has); i >= 0 {
		return nil, fmt.Errorf(
			"picture: %q: %w: it lacks %s of the decoder (%s, %d blocks of width %d)", loaded.Path,
			fault.Mismatch, loaded.Fresh[i], c.Decoder.Kind, c.Decoder.Depth, c.Decoder.Dim,
		)
	}
	exec.Feed(f, "images", views)
	exec.Feed(f, "visible", m.Visible)
	exec.Feed(f, "restore", m.Restore)
	if err := f.Run(); err != nil {
		return nil, err
	}
	return exec.Read[float32](f, "patches"), nil
}

// placesOf are patches in the pixels of a view.
func placesOf(c recipe.Sized, patches []int32) []image.Rectangle {
	p, places := c.Model.PatchSize, make([]image.Rectangle, len(patches))
	for i, patch := range patches {
		corner := image.Pt(int(patch)%c.Grid()*p, int(patch)/c.Grid()*p)
		places[i] = image.Rectangle{Min: corner, Max: corner.Add(image.Pt(p, p))}
	}
	return places
}

// assemble puts patches [N,P], values in order row, column, channel, together to a view [C,S,S].
// With norm_pix each patch is brought to the mean and unbiased deviation of the same patch of
// target, the inverse of the loss's normalisation (spec 1.9).
func assemble(c recipe.Sized, patches, target []float32) []float32 {
	p, values, channels := c.Model.PatchSize, c.Pixels(), c.Model.In()
	view, at := make([]float32, len(target)), make([]int, values)
	pixels := make([]float64, values) // of a patch of the target
	for n := range c.Patches() {
		for i := range at {
			y, x := n/c.Grid()*p+i/channels/p, n%c.Grid()*p+i/channels%p
			at[i] = i%channels*c.Side*c.Side + y*c.Side + x
		}
		scale, shift := 1., 0.
		if c.Reconstruct.NormPix {
			for i, from := range at {
				pixels[i] = float64(target[from])
			}
			mean, variance := stat.MeanVariance(pixels, nil)
			scale, shift = math.Sqrt(variance+losses.NormPixEps), mean
		}
		for i, to := range at {
			view[to] = float32(float64(patches[n*values+i])*scale + shift)
		}
	}
	return view
}
