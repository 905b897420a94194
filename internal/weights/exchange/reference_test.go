package exchange

import (
	"context"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"cmae/internal/evaluate/embed"
	"cmae/internal/recipe"
	"cmae/internal/weights"
	"cmae/internal/weights/safetensors"
)

const expected = "testdata/expected.safetensors"

// TestFeaturesEqualPyTorchs: a published file, imported as it is and to a larger grid, then
// exported again, gives the features that PyTorch gives.
func TestFeaturesEqualPyTorchs(t *testing.T) {
	for _, side := range []int{16, 24} {
		out, _ := imported(t, published, side)
		near(
			t, "positions", floats(t, out, "pos_embed"),
			floats(t, expected, fmt.Sprintf("%d.pos_embed", side)), 1e-6,
		)
		for _, feature := range []recipe.Feature{recipe.Cls, recipe.Mean} {
			c := configOf(t, out)
			c.Probe.Feature, c.Precision = feature, "f32"
			again := filepath.Join(t.TempDir(), "again.safetensors")
			if _, err := Export(open(t, out, c), ExportOptions{Out: again}); err != nil {
				t.Fatal(err)
			}
			c = configOf(t, again)
			c.Engine, c.Precision, c.Threads = "portable", "f32", 1
			if c.Probe.Feature != feature || c.Model.Heads != 4 || c.Data.ImageSize != side {
				t.Fatalf("settings that came back: %+v", c)
			}
			features := filepath.Join(t.TempDir(), "f.safetensors")
			_, err := embed.Run(context.Background(), open(t, again, c), embed.Options{
				Split: embed.All, Out: features,
				Images: pictures(t, expected, fmt.Sprintf("%d.pixels", side), side),
			})
			if err != nil {
				t.Fatal(err)
			}
			// float32 on both sides, two blocks deep: measured 1e-6
			near(
				t, string(feature), floats(t, features, "features"),
				floats(t, expected, fmt.Sprintf("%d.%s", side, feature)), 1e-4,
			)
		}
	}
}

func TestPositionsOnASmallerGrid(t *testing.T) {
	out, r := imported(t, published, 8)
	near(t, "positions", floats(t, out, "pos_embed"), floats(t, expected, "8.pos_embed"), 1e-6)
	if r.GridFrom != 4 || r.Grid != 2 {
		t.Errorf("grid %d to %d", r.GridFrom, r.Grid)
	}
}

// configOf is what the file says of itself.
func configOf(t *testing.T, path string) recipe.Pretrain {
	t.Helper()
	f, err := weights.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	c, err := recipe.OfWeights(f.Path, f.Config)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// pictures are images of a file as a folder of PNG files.
func pictures(t *testing.T, from, name string, side int) string {
	t.Helper()
	f, err := safetensors.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	pixels, err := f.Tensor(name)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	i := 0
	for rgb := range slices.Chunk(pixels.Data, 3*side*side) {
		img := image.NewNRGBA(image.Rect(0, 0, side, side))
		for j := range side * side {
			copy(img.Pix[4*j:], []byte{rgb[3*j], rgb[3*j+1], rgb[3*j+2], 255})
		}
		file, err := os.Create(filepath.Join(dir, fmt.Sprintf("%d.png", i)))
		if err != nil {
			t.Fatal(err)
		}
		if err := png.Encode(file, img); err != nil {
			t.Fatal(err)
		}
		if err := file.Close(); err != nil {
			t.Fatal(err)
		}
		i++
	}
	return dir
}
