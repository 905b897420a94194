package cmae

import (
	"strings"
	"testing"

	"cmae/internal/model"
	"cmae/internal/recipe"
)

// TestMinMemory: what no machine holds is refused before it is built, in the name of the setting
// behind it; published recipes are far from that.
func TestMinMemory(t *testing.T) {
	large := valid()
	large.Side = 224
	large.Model = model.EncoderConfig{Size: "large", PatchSize: 16, MLPRatio: 4}.Resolved()
	if err := New().MinMemory(large, 4096).Check(model.MostBytes); err != nil {
		t.Error(err)
	}
	for _, c := range []struct {
		want   string
		batch  int
		change func(c *recipe.Sized)
	}{
		{"train.batch_size: with 1048576 at least ", 1 << 20, func(c *recipe.Sized) { c.Side = 256 }},
		{"data.image_size: with 1024 at least ", 1024, func(c *recipe.Sized) { c.Side = 1024 }},
		{
			"model.dim: with 65536 at least ", 128,
			func(c *recipe.Sized) { c.Model.Dim, c.Model.Depth = 65536, 24 },
		},
		{
			"decoder.dim: with 65536 at least ", 128,
			func(c *recipe.Sized) { c.Decoder.Dim, c.Decoder.Depth = 65536, 12 },
		},
		{
			"contrast.queue_size: with 16777216 at least ", 128,
			func(c *recipe.Sized) { c.Contrast.QueueSize, c.Contrast.Out = 1<<24, 1<<16 },
		},
		{
			"contrast.out: with 65536 at least ", 128,
			func(c *recipe.Sized) {
				c.Contrast.Key, c.Contrast.Out, c.Images = recipe.KeyBank, 1<<16, 1<<24
			},
		},
		{
			"contrast.layers: with 256 at least ", 128,
			func(c *recipe.Sized) { c.Contrast.Hidden, c.Contrast.Layers = 1<<16, 256 },
		},
	} {
		v := valid()
		c.change(&v)
		if err := New().MinMemory(v, c.batch).Check(model.MostBytes); err == nil ||
			!strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: %v", c.want, err)
		}
	}
}
