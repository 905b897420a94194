package picture

import (
	"context"
	"image/color"
	"math"
	"testing"

	"cmae/internal/comm"
	"cmae/internal/dataset"
	"cmae/internal/dataset/augment"
	"cmae/internal/dataset/loader"
	"cmae/internal/evaluate/evaltest"
	"cmae/internal/graph/nn"
	"cmae/internal/kernel"
	"cmae/internal/method"
	"cmae/internal/recipe"
	"cmae/internal/rng"
)

// patchesOf cuts a view [3,S,S] into patches [N,P] in order row, column, channel, each normalised
// as the loss does (spec 1.9).
func patchesOf(c recipe.Sized, view []float32) []float32 {
	p := c.Model.PatchSize
	var out []float32
	for n := range c.Patches() {
		var patch []float64
		sum := 0.
		for y := range p {
			for x := range p {
				for ch := range 3 {
					v := float64(view[ch*c.Side*c.Side+(n/c.Grid()*p+y)*c.Side+n%c.Grid()*p+x])
					patch, sum = append(patch, v), sum+v
				}
			}
		}
		mean, square := sum/float64(len(patch)), 0.
		for _, v := range patch {
			square += (v - mean) * (v - mean)
		}
		for _, v := range patch {
			if c.Reconstruct.NormPix {
				v = (v - mean) / math.Sqrt(square/float64(len(patch)-1)+1e-6)
			}
			out = append(out, float32(v))
		}
	}
	return out
}

// A perfect prediction gives the image back.
func TestAssembleInvertsTheLoss(t *testing.T) {
	for _, norm := range []bool{false, true} {
		c := recipe.Sized{Side: 12}
		c.Model.PatchSize, c.Reconstruct.NormPix = 4, norm
		view := make([]float32, 3*12*12)
		r := rng.For(1, rng.Synthetic)
		for i := range view {
			view[i] = float32(r.NormFloat64())
		}
		got := assemble(c, patchesOf(c, view), view)
		for i := range view {
			if math.Abs(float64(got[i]-view[i])) > 1e-5 { // float32 there and back
				t.Fatalf("norm_pix %v: value %d is %v, want %v", norm, i, got[i], view[i])
			}
		}
	}
}

// The pictures' forward pass is the training step's: same weights, images and masks give the same
// patches.
func TestPredictIsTheTrainingStep(t *testing.T) {
	c := evaltest.SmallConfig(t, evaltest.BoxedFolder(t, 4))
	e := open(t, c, "")
	data, err := e.Data(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	sized := c.At(e.Side)
	b := look(e, loader.Whole, data.Test, []int{0, 1}, 5)
	params := nn.NewParams(evaltest.Engine(t, 1), kernel.F32, c.Seed) // drawn as the encoder's
	g := method.Graph{Method: method.Of(c), Recipe: sized, Batch: 2, Stages: true}
	step, err := g.Compile(comm.Single(params.Engine()), params, kernel.F32)
	if err != nil {
		t.Fatal(err)
	}
	defer step.Close()
	step.Set(&loader.Batch{
		Query: b.Query, Key: b.Query, NoiseQuery: b.NoiseQuery, NoiseKey: b.NoiseQuery,
	}, 0)
	if err := step.Run(); err != nil {
		t.Fatal(err)
	}
	want := step.Stages()["pred"]
	got, err := predict(
		e, sized, b.Query, loader.NewMask(b.NoiseQuery, sized.Patches(), sized.Visible()),
	)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range got {
		if float64(v) != want[i] { // the same operations on the same engine
			t.Fatalf("value %d is %v, want %v", i, v, want[i])
		}
	}
}

// Image black, prediction white, the second of four patches hidden.
func TestReconstructionTiles(t *testing.T) {
	a := augment.Default()
	c := recipe.Sized{Side: 8}
	c.Augment, c.Data = a, dataset.Default()
	c.Model.PatchSize = 4
	view, patches := make([]float32, 3*64), make([]float32, 3*64)
	for i := range view {
		view[i] = float32(-a.Mean[i/64] / a.Std[i/64])
		patches[i] = float32((1 - a.Mean[i%3]) / a.Std[i%3])
	}
	tiles := reconstruction(c, view, patches, []int32{1})
	dark, white := color.RGBA{0, 0, 0, 255}, color.RGBA{255, 255, 255, 255}
	// of the first patch, of the second
	for i, want := range [][2]color.RGBA{
		{dark, dark}, {dark, hidden}, {white, white}, {dark, white},
	} {
		if got := tiles[i].RGBAAt(47, 0); got != want[0] {
			t.Errorf("tile %d: first patch %v, want %v", i, got, want[0])
		}
		if got := tiles[i].RGBAAt(48, 47); got != want[1] {
			t.Errorf("tile %d: second patch %v, want %v", i, got, want[1])
		}
	}
}
