package encoder

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"cmae/internal/config"
	"cmae/internal/contrastivecrop"
	"cmae/internal/dataset"
	"cmae/internal/fault"
	"cmae/internal/method"
	"cmae/internal/model"
	"cmae/internal/recipe"
	"cmae/internal/weights"
	"cmae/internal/weights/safetensors"
)

// small are settings of an encoder of one block, for the embedded images at 8 pixels.
func small(t *testing.T) recipe.Pretrain {
	c := method.Default()
	c.Model.Dim, c.Model.Depth, c.Model.Heads, c.Model.PatchSize = 8, 1, 2, 4
	c.Data.ImageSize, c.Data.Limit, c.Data.CacheDir = 8, 20, t.TempDir()
	c.Engine, c.Precision, c.Threads = "portable", "f32", 1
	return c
}

// saved is a file with an encoder of these settings, which it says of itself.
func saved(t *testing.T, c recipe.Pretrain) string {
	t.Helper()
	shapes, err := model.Shapes(c.Model, nil, c.Data.ImageSize)
	if err != nil {
		t.Fatal(err)
	}
	var tensors []safetensors.Tensor
	for _, param := range shapes.All() {
		values := make([]float32, param.Value.Len())
		for i := range values {
			values[i] = float32(i%5) / 8
		}
		tensors = append(tensors, safetensors.FromFloat32s(param.Name, param.Value.Shape, values))
	}
	var s weights.Settings
	m := c.Model.Resolved()
	s.Model.Size, s.Model.PatchSize, s.Model.Dim = string(m.Size), m.PatchSize, m.Dim
	s.Model.Depth, s.Model.Heads, s.Model.MLPRatio = m.Depth, m.Heads, m.MLPRatio
	s.Data.ImageSize = c.Data.ImageSize
	s.Augment.Mean, s.Augment.Std = c.Augment.Mean, c.Augment.Std
	s.Probe.Feature = string(c.Probe.Feature)
	path := filepath.Join(t.TempDir(), "encoder.safetensors")
	if err := safetensors.WriteFile(path, tensors, s.Metadata(nil)); err != nil {
		t.Fatal(err)
	}
	return path
}

func mustOpen(t *testing.T, o Options) *Encoder {
	t.Helper()
	e, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}

// TestOpenReadsWeightsAndSettingsOnly: no image and no engine is looked for before they are needed.
func TestOpenReadsWeightsAndSettingsOnly(t *testing.T) {
	c := small(t)
	path := saved(t, c)
	e := mustOpen(t, Options{From: path, Changes: config.Source{
		Set: []string{"data.path=nowhere", "engine=onednn", "seed=5"},
	}})
	if e.Config.Seed != 5 || e.Config.Model.Dim != 8 || e.Name != path || e.Side != 0 {
		t.Errorf("%q, %+v", e.Name, e.Config.Model)
	}
	if side, err := e.KnownSide(); side != 8 || err != nil {
		t.Errorf("side %d, %v", side, err)
	}
	if _, err := e.Data(context.Background()); !errors.Is(err, fault.Data) {
		t.Errorf("data: %v", err)
	}
	random := mustOpen(t, Options{Config: &c})
	if random.Title() != "random weights" || random.Name != "random (seed 1)" {
		t.Errorf("%q, %q", random.Title(), random.Name)
	}
	if pixels := mustOpen(t, Options{Config: &c, Pixels: true}); pixels.Name != "raw pixels" {
		t.Errorf("%q", pixels.Name)
	}
	if _, err := Open(Options{From: t.TempDir()}); !errors.Is(err, fault.Mismatch) {
		t.Errorf("a folder without a checkpoint: %v", err)
	}
	if _, err := Open(Options{From: "nowhere"}); !errors.Is(err, fault.Missing) {
		t.Errorf("nothing there: %v", err)
	}
}

// TestFeaturesOfASplit: of an encoder, and of pixels, which patches need not divide.
func TestFeaturesOfASplit(t *testing.T) {
	c := small(t)
	for _, row := range []struct {
		options Options
		patch   int
		dim     int
	}{
		{Options{From: saved(t, c)}, 4, 8}, {Options{}, 4, 8},
		{Options{Pixels: true}, 5, 3 * 8 * 8},
	} {
		o, c := row.options, c
		c.Model.PatchSize = row.patch
		o.Config = &c
		e := mustOpen(t, o)
		data, err := e.Labelled(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		again, _ := e.Data(context.Background())
		set, err := e.Features(context.Background(), data.Test)
		if err != nil || set.Dim != row.dim || set.Len() != data.Test.Len() || again != data {
			t.Errorf("%s: %v, %d images of %d values", e.Name, err, set.Len(), set.Dim)
		}
	}
}

// TestWhatDoesNotFit: settings and weights that are not of one encoder, and what it does not have.
func TestWhatDoesNotFit(t *testing.T) {
	path := saved(t, small(t))
	for _, row := range []struct {
		name   string
		change func(*recipe.Pretrain)
		from   string
		kind   error
		want   string
	}{
		{
			"depth", func(c *recipe.Pretrain) { c.Model.Depth = 2 }, path, fault.Mismatch,
			"- blocks.1.",
		},
		{
			"a gigantic encoder", func(c *recipe.Pretrain) { c.Model.Dim = 1 << 24 }, "",
			fault.Settings, "model.dim",
		},
		{
			"patches", func(c *recipe.Pretrain) { c.Model.PatchSize = 3 }, path, fault.Settings,
			"patch_size",
		},
		{
			"cls of a ResNet", func(c *recipe.Pretrain) {
				c.Model = model.EncoderConfig{Size: model.ResNet18, Stem: "small", Width: 2}
				c.Probe.Feature = recipe.Cls
			}, "", fault.Settings, "no class token",
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := small(t)
			row.change(&c)
			e := mustOpen(t, Options{From: row.from, Config: &c})
			_, err := e.Data(context.Background())
			if err == nil {
				_, err = e.Frozen()
			}
			if !errors.Is(err, row.kind) || !strings.Contains(err.Error(), row.want) {
				t.Errorf("got %v, want %q", err, row.want)
			}
		})
	}
	c := small(t)
	c.Model = model.EncoderConfig{Size: model.ResNet18, Stem: "small", Width: 2}
	if _, err := Open(Options{Config: &c, Maps: true}); !errors.Is(err, fault.Settings) ||
		!strings.Contains(err.Error(), "neither patch tokens nor attention") {
		t.Errorf("maps of a ResNet: %v", err)
	}
}

// TestSideOfImagesWithoutOne: the settings' say, then that of the weights.
func TestSideOfImagesWithoutOne(t *testing.T) {
	c := small(t)
	path := saved(t, c)
	c.Data.ImageSize = 0
	e := mustOpen(t, Options{From: path, Config: &c})
	if err := e.FixSide(); err != nil || e.Side != 8 || e.Config.Data.ImageSize != 8 ||
		e.Grid() != 2 {
		t.Errorf("%v: side %d", err, e.Side)
	}
	if err := mustOpen(t, Options{Config: &c}).FixSide(); !errors.Is(err, fault.Settings) ||
		!strings.Contains(err.Error(), "no weights tell it") {
		t.Errorf("nobody says it: %v", err)
	}
	c.Data.ImageSize = 9
	if err := mustOpen(t, Options{From: path, Config: &c}).FixSide(); !errors.Is(
		err, fault.Settings,
	) {
		t.Errorf("patches that do not divide 9: %v", err)
	}
}

// TestMapsOfTheMomentumEncoder: a file without one says so.
func TestMapsOfTheMomentumEncoder(t *testing.T) {
	c := small(t)
	e := mustOpen(t, Options{From: saved(t, c), Config: &c, Maps: true})
	data, err := e.Data(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	seen := []int{}
	err = e.EachHeat(
		context.Background(), data.Train, []int{3, 1},
		func(image int, raw []float32) { seen = append(seen, image, len(raw)) },
	)
	if err != nil || len(seen) != 4 || seen[0] != 3 || seen[2] != 1 || seen[1] != 4 {
		t.Errorf("%v: %v", err, seen)
	}
	_, err = e.Maps(2, contrastivecrop.Momentum)
	if !errors.Is(err, fault.Mismatch) || !strings.Contains(err.Error(), "crop.net=online") {
		t.Errorf("got %v", err)
	}
}

// TestEachWithoutImages: all files are broken.
func TestEachWithoutImages(t *testing.T) {
	c := small(t)
	c.Data.OnError, c.Data.BadBudget = dataset.Skip, 1
	e := mustOpen(t, Options{Config: &c})
	if err := e.FixSide(); err != nil {
		t.Fatal(err)
	}
	images, err := dataset.OpenFiles(e.Config.Data, nil, "encoder_test.go")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Each(context.Background(), images, func(string, []float32) {}); !errors.Is(
		err, fault.Data,
	) {
		t.Errorf("got %v", err)
	}
}
