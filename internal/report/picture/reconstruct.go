package picture

import (
	"context"
	"fmt"
	"image"
	"image/draw"
	"math"

	"gonum.org/v1/gonum/stat"

	"cmae/internal/config"
	"cmae/internal/dataset/loader"
	"cmae/internal/model"
	"cmae/internal/report/canvas"
)

// Sample says how many images a picture shows, and the seed that chooses them and their masks or
// crops.
type Sample struct {
	Count int
	Seed  uint64
}

// leak is what a reader must know about pictures of a model trained with norm_pix.
const leak = "Not all of this was predicted: with norm_pix the decoder predicts each patch only relative to that patch's own mean and deviation. To show " +
	"pixels, both are taken from the original, for hidden patches too; brightness and contrast of every patch are given away."

// Reconstructions draws test images, or training images where there are no others, to a PNG file:
// original, with hidden patches gray, as predicted, and the prediction pasted into what was
// visible. Weights without a decoder are fault.Mismatch.
func Reconstructions(ctx context.Context, s *Subject, path string, o Sample) error {
	c := s.config.Architecture(s.Side)
	c.Contrast.Weight, c.Location.Weight = 0, 0
	if s.config.Reconstruct.Weight > 0 {
		if err := c.Validate(); err != nil {
			return &config.Error{Problem: err.Error(), Err: err}
		}
	}
	set, what, captions := s.unseen()
	images := pick(set, o.Count, o.Seed, every)
	b := s.look(loader.Whole, set, images, o.Seed)
	m := loader.NewMask(b.NoiseQuery, c.Patches(), c.Visible())
	pred, err := s.predict(c, b.Query, m)
	if err != nil {
		return err
	}
	if was, err := s.trainedWith(); err != nil {
		return err
	} else if was != nil && was.Reconstruct.NormPix != c.Reconstruct.NormPix {
		return &config.Error{
			Key: "reconstruct.norm_pix",
			Problem: fmt.Sprintf(
				"the decoder was trained with %t, and its output means nothing else",
				was.Reconstruct.NormPix,
			),
		}
	}
	if err := context.Cause(ctx); err != nil {
		return err
	}
	g := canvas.Grid{
		Title:   "Reconstruction of masked " + what + ": " + s.Name,
		Columns: []string{"original", "masked", "predicted", "pasted"},
		Captions: append(captions, fmt.Sprintf("%d of %d patches (%d x %d px) hidden. Predicted: the decoder's output for all patches; it was trained on hidden "+
			"ones only. Pasted: visible patches as they are, hidden ones as predicted.", c.Patches()-c.Visible(), c.Patches(), c.Encoder.PatchSize, c.Encoder.PatchSize)),
	}
	if c.Reconstruct.NormPix {
		g.Captions = append(g.Captions, leak)
	}
	if len(images) > 4 {
		g.Panels = 2
	}
	values, hidden := 3*s.Side*s.Side, c.Patches()-c.Visible()
	for row, i := range images {
		view, patches := b.Query[row*values:(row+1)*values], pred[row*values:(row+1)*values]
		g.Add(set.Title(i), s.reconstruction(c, view, patches, m.Masked[row*hidden:(row+1)*hidden]))
	}
	return canvas.SavePNG(path, g.Draw())
}

// reconstruction makes the tiles of one image from its view and its predicted patches [N,P].
func (s *Subject) reconstruction(
	c model.Config, view, patches []float32, hiddenPatches []int32,
) []*image.RGBA {
	original := ofView(view, s.Side, s.config.Augment)
	predicted := ofView(assemble(c, patches, view), s.Side, s.config.Augment)
	masked, pasted := clone(original), clone(original)
	for _, place := range placesOf(c, hiddenPatches) {
		draw.Draw(masked, place, image.NewUniform(hidden), image.Point{}, draw.Src)
		draw.Draw(pasted, place, predicted, place.Min, draw.Src)
	}
	return []*image.RGBA{
		enlarged(original), enlarged(masked), enlarged(predicted), enlarged(pasted),
	}
}

// placesOf are patches in the pixels of a view.
func placesOf(c model.Config, patches []int32) []image.Rectangle {
	p, places := c.Encoder.PatchSize, make([]image.Rectangle, len(patches))
	for i, patch := range patches {
		corner := image.Pt(int(patch)%c.Grid()*p, int(patch)/c.Grid()*p)
		places[i] = image.Rectangle{Min: corner, Max: corner.Add(image.Pt(p, p))}
	}
	return places
}

// assemble puts patches [N,P], values in order row, column, channel, together to a view [3,S,S].
// With norm_pix each patch is brought to the mean and unbiased deviation of the same patch of
// target, the inverse of the loss's normalisation (spec 1.9).
func assemble(c model.Config, patches, target []float32) []float32 {
	const eps = 1e-6
	p, values := c.Encoder.PatchSize, c.Pixels()
	view, at := make([]float32, len(target)), make([]int, values)
	pixels := make([]float64, values) // of a patch of the target
	for n := range c.Patches() {
		for i := range at {
			y, x := n/c.Grid()*p+i/3/p, n%c.Grid()*p+i/3%p
			at[i] = i%3*c.Side*c.Side + y*c.Side + x
		}
		scale, shift := 1., 0.
		if c.Reconstruct.NormPix {
			for i, from := range at {
				pixels[i] = float64(target[from])
			}
			mean, variance := stat.MeanVariance(pixels, nil)
			scale, shift = math.Sqrt(variance+eps), mean
		}
		for i, to := range at {
			view[to] = float32(float64(patches[n*values+i])*scale + shift)
		}
	}
	return view
}
