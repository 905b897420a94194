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
		{[]string{"_orig_mod.module."}, "", "module.", false},
		{[]string{"_orig_mod.module."}, "_orig_mod.module.", "module.", false},
		{[]string{"_orig_mod."}, "_orig_mod.", "", false},
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

// TestInsertions: what wraps a part of the encoder stands anywhere in its names.
func TestInsertions(t *testing.T) {
	want, _ := imported(t, published, 16)
	expected := floats(t, want, "blocks.1.attn.qkv.weight")
	inside := func(front, wrapper string) func(string) (string, bool) {
		return func(name string) (string, bool) {
			name, _ = plain(name)
			for _, part := range []string{"blocks.0.", "blocks.1.attn.", "patch_embed."} {
				if rest, is := strings.CutPrefix(name, part); is {
					name = part + wrapper + rest
				}
			}
			return front + name, true
		}
	}
	for _, c := range []struct{ front, wrapper, prefix string }{
		{"", "_orig_mod.", ""},
		{"", "_checkpoint_wrapped_module.", ""},
		{"", "_fsdp_wrapped_module.", ""},
		{"_fsdp_wrapped_module.", "", ""},
		{"_checkpoint_wrapped_module.", "", ""},
		{"module._orig_mod.", "_checkpoint_wrapped_module.", "module."},
		{"_orig_mod.module.", "_fsdp_wrapped_module._checkpoint_wrapped_module.", "module."},
		{"_fsdp_wrapped_module.encoder.", "_fsdp_wrapped_module._orig_mod.", "encoder."},
	} {
		out, r := imported(t, changed(t, inside(c.front, c.wrapper)), 16)
		if r.Prefix != c.prefix || r.Tensors != 30 {
			t.Errorf("%+v: %+v", c, r)
		}
		near(t, c.front+c.wrapper, floats(t, out, "blocks.1.attn.qkv.weight"), expected, 0)
	}
	twice := changed(t, plain, f32("blocks.0._orig_mod.norm1.weight", 16))
	_, err := OpenPublished(twice, "")
	if !errors.Is(err, fault.Mismatch) || !strings.Contains(
		err.Error(), "blocks.0._orig_mod.norm1.weight and blocks.0.norm1.weight are both",
	) || strings.Contains(err.Error(), "\n") {
		t.Errorf("two tensors of one name: %v", err)
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
