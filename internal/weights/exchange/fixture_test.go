package exchange

import (
	"path/filepath"
	"strings"
	"testing"

	"cmae/internal/evaluate/encoder"
	"cmae/internal/recipe"
	"cmae/internal/weights"
	"cmae/internal/weights/safetensors"
)

const published = "testdata/vit.safetensors" // see testdata/vit.py

// open is the encoder of a file with other settings than those that it comes with.
func open(t *testing.T, from string, c recipe.Pretrain) *encoder.Encoder {
	t.Helper()
	e, err := encoder.Open(encoder.Options{From: from, Config: &c})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}

// changed writes the published file under other names or without some tensors, and with others, and
// returns its path.
func changed(t *testing.T, to func(name string) (string, bool), more ...safetensors.Tensor) string {
	t.Helper()
	f, err := weights.Open(published)
	if err != nil {
		t.Fatal(err)
	}
	f = f.Rename(to)
	for _, tensor := range f.Names() {
		have, _ := f.Tensor(tensor)
		more = append(more, have)
	}
	path := filepath.Join(t.TempDir(), "vit.safetensors")
	if err := safetensors.WriteFile(path, more, nil); err != nil {
		t.Fatal(err)
	}
	return path
}

// plain takes the wrapper off.
func plain(name string) (string, bool) { return strings.TrimPrefix(name, "module.encoder."), true }

// imported is the published encoder as cmae's, for images of side pixels.
func imported(t *testing.T, from string, side int) (string, Imported) {
	t.Helper()
	out := filepath.Join(t.TempDir(), "out.safetensors")
	r, err := importTo(
		out, from, func(c *recipe.Pretrain) { c.Model.Heads, c.Data.ImageSize = 4, side },
	)
	if err != nil {
		t.Fatal(err)
	}
	return out, r
}

func importTo(out, from string, change func(*recipe.Pretrain)) (Imported, error) {
	p, err := OpenPublished(from, "")
	if err != nil {
		return Imported{}, err
	}
	c, err := p.Config()
	if err != nil {
		return Imported{}, err
	}
	change(&c)
	return p.Write(out, c)
}

// floats are the values of a tensor of a file.
func floats(t *testing.T, path, name string) []float32 {
	t.Helper()
	f, err := safetensors.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	v, err := f.Float32s(name)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// near demands that two lists agree to tolerance.
func near(t *testing.T, what string, got, want []float32, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
	}
	for i := range got {
		if d := float64(got[i] - want[i]); !(d <= tolerance && d >= -tolerance) {
			t.Fatalf("%s: value %d is %g, want %g", what, i, got[i], want[i])
		}
	}
}
