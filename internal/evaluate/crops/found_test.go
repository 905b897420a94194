package crops

import (
	"context"
	"path/filepath"
	"testing"

	"cmae/internal/contrastivecrop"
	"cmae/internal/evaluate/evaltest"
	"cmae/internal/evaluate/features"
	"cmae/internal/graph/nn"
	"cmae/internal/kernel"
	"cmae/internal/recipe"
	"cmae/internal/weights/safetensors"
)

// brightSeeker is a file of weights, made by hand, of an encoder whose class token attends to
// bright patches, and whose features are long there: channels 0 and 1 of a token are plus and minus
// its brightness above a tenth, keys read channel 0, queries are constant.
func brightSeeker(t *testing.T, c recipe.Pretrain) string {
	e := c.Model.Resolved()
	params := nn.NewParams(evaltest.Engine(t, 1), kernel.F32, c.Seed)
	x, err := features.New(params, features.Config{
		Encoder: e, Side: 16, Batch: 1, ComputeType: kernel.F32, Maps: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	pixels, threshold := e.PatchSize*e.PatchSize, 0.
	for i := range 3 {
		threshold += float64(pixels) * (.1 - c.Augment.Mean[i]) / c.Augment.Std[i]
	}
	var tensors []safetensors.Tensor
	for _, p := range params.All() {
		values := kernel.Read[float32](params.Engine(), p.Value)
		switch p.Name {
		case "patch_embed.proj.weight": // [D,3,P,P]
			clear(values)
			for i := range 3 * pixels {
				values[i], values[3*pixels+i] = 1, -1
			}
		case "patch_embed.proj.bias":
			values[0], values[1] = float32(-threshold), float32(threshold)
		case "blocks.0.attn.qkv.weight": // [3D,D]
			clear(values[:2*e.Dim*e.Dim])
			for h := range e.Heads {
				values[(e.Dim+h*e.Dim/e.Heads)*e.Dim] = 1
			}
		case "blocks.0.attn.qkv.bias":
			for h := range e.Heads {
				values[h*e.Dim/e.Heads] = 2
			}
		}
		tensors = append(tensors, safetensors.FromFloat32s(p.Name, p.Value.Shape, values))
	}
	path := filepath.Join(t.TempDir(), "bright.safetensors")
	if err := safetensors.WriteFile(path, tensors, nil); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestKnownObjectsAreFound takes images with a bright square through the whole path, from pixels by
// attention or features, heat map and box to crops, and holds the result against the squares:
// swapped axes, shifted patches or wrong fractions would show.
func TestKnownObjectsAreFound(t *testing.T) {
	c := evaltest.SmallConfig(t, evaltest.BoxedFolder(t, 40))
	c.Model.PatchSize = 2
	path := brightSeeker(t, c)
	for _, source := range []contrastivecrop.Source{
		contrastivecrop.Attention, contrastivecrop.Feature,
	} {
		c.Crop.Source = source
		s := open(t, c, path)
		score, err := Run(context.Background(), s, Options{Crops: 8})
		if err != nil {
			t.Fatal(err)
		}
		row := map[string]Row{}
		for _, r := range score.Rows {
			row[r.Crops] = r
		}
		found, best, other := row["contrastive"], row["true-box"], row["other-box"]
		if found.IoUMean < .75 { // a patch of 2 px at the rim of a square of 8 is all or nothing
			t.Errorf("%s: boxes and squares overlap by %.3f", source, found.IoUMean)
		}
		if found.CentreInObject < best.CentreInObject-.15 ||
			found.ObjectKept < best.ObjectKept-.05 || found.ObjectShare < best.ObjectShare-.05 {
			t.Errorf("%s: crops %+v, around the squares %+v", source, found, best)
		}
		if other.IoUMean > found.IoUMean-.3 || other.CentreInObject > found.CentreInObject-.1 {
			t.Errorf("%s: boxes of other images do as well: %+v", source, other)
		}
	}
}
