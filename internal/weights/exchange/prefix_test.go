package exchange

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"cmae/internal/fault"
	"cmae/internal/weights"
	"cmae/internal/weights/safetensors"
)

// TestPrefixes: whatever stands before the names of one encoder is taken off; among several the
// trained one of a known program is chosen, else the user chooses.
func TestPrefixes(t *testing.T) {
	file := func(prefixes ...string) string {
		f, err := weights.Open(published)
		if err != nil {
			t.Fatal(err)
		}
		var tensors []safetensors.Tensor
		for _, prefix := range prefixes {
			for _, name := range f.Names() {
				if rest, is := strings.CutPrefix(name, "module.encoder."); is {
					one, _ := f.Tensor(name)
					one.Name = prefix + rest
					tensors = append(tensors, one)
				}
			}
		}
		path := filepath.Join(t.TempDir(), "x.safetensors")
		if err := safetensors.WriteFile(path, tensors, nil); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, c := range []struct {
		in          []string
		asked, want string
		fails       bool
	}{
		{[]string{"_orig_mod.module."}, "", "_orig_mod.module.", false},
		{[]string{"visual.trunk."}, "", "visual.trunk.", false},
		{[]string{"student.backbone.", "teacher.backbone."}, "", "", true},
		{
			[]string{"student.backbone.", "teacher.backbone."}, "teacher.backbone.",
			"teacher.backbone.", false,
		},
		{[]string{"teacher."}, "student.", "", true},
		{
			[]string{"module.base_encoder.", "module.momentum_encoder."}, "",
			"module.base_encoder.", false,
		},
	} {
		p, err := OpenPublished(file(c.in...), c.asked)
		if c.fails != (err != nil) || err != nil && !errors.Is(err, fault.Mismatch) {
			t.Errorf("%q: %v", c.in, err)
		} else if err == nil && p.Prefix != c.want {
			t.Errorf("%q: prefix %q, want %q", c.in, p.Prefix, c.want)
		}
	}
}

// TestGuessedHeads: shapes do not tell heads; MoCo-v3's small encoder has others than those of its
// width.
func TestGuessedHeads(t *testing.T) {
	for prefix, want := range map[string]int{"": 6, "backbone.": 6, "module.base_encoder.": 12} {
		p := &Published{
			Prefix: prefix, file: &weights.File{},
			shape: weights.EncoderShape{Dim: 384, Depth: 12, Hidden: 1536, PatchSize: 16},
		}
		if got := p.GuessedHeads(); got != want {
			t.Errorf("%q: %d heads, want %d", prefix, got, want)
		}
	}
}
