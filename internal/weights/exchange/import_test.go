package exchange

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cmae/internal/config"
	"cmae/internal/fault"
	"cmae/internal/recipe"
	"cmae/internal/weights"
	"cmae/internal/weights/safetensors"
)

func TestImportTellsWhatItDid(t *testing.T) {
	_, r := imported(t, published, 16)
	if r.Prefix != "module.encoder." || r.Tensors != 30 ||
		!slices.Equal(
			r.Dropped, []string{"module.encoder.head.bias", "module.encoder.head.weight"},
		) {
		t.Errorf("%+v", r)
	}
	if m := r.Settings.Model; m.Dim != 16 || m.Depth != 2 || m.Heads != 4 || m.PatchSize != 4 ||
		m.MLPRatio != 4 {
		t.Errorf("%+v", m)
	}
}

// TestOtherNames: what is beside the wrapped encoder is left out; a table without a row for cls
// gets one of zeros.
func TestOtherNames(t *testing.T) {
	beside := changed(
		t,
		func(n string) (string, bool) {
			return "backbone." + strings.TrimPrefix(n, "module.encoder."), true
		},
		f32("projection.weight", 2, 2),
	)
	if _, r := imported(t, beside, 16); !slices.Contains(r.Dropped, "projection.weight") ||
		r.Prefix != "backbone." {
		t.Errorf("%+v", r)
	}
	without := changed(
		t, func(n string) (string, bool) { n, _ = plain(n); return n, n != "pos_embed" },
		f32("pos_embed", 1, 16, 16),
	)
	out, _ := imported(t, without, 16)
	if table := floats(t, out, "pos_embed"); table[0] != 0 || table[15] != 0 || table[16] != 1 {
		t.Errorf("table begins %v", table[:17])
	}
}

// TestImportRefuses: one line that says what is wrong, exit code 4, nothing written.
func TestImportRefuses(t *testing.T) {
	all := func(string) bool { return false }
	without := func(drop func(string) bool, more ...safetensors.Tensor) string {
		return changed(
			t, func(n string) (string, bool) { n, _ = plain(n); return n, !drop(n) }, more...,
		)
	}
	is := func(name string) func(string) bool { return func(n string) bool { return n == name } }
	nan := f32("norm.bias", 16)
	copy(nan.Data, []byte{0, 0, 0xc0, 0x7f})
	whole := safetensors.Tensor{
		Name: "norm.bias", DType: "I32", Shape: []int{16}, Data: make([]byte, 64),
	}
	for _, test := range []struct {
		name, file string
		want       []string
	}{
		{
			"distilled", without(all, f32("dist_token", 1, 1, 16), f32("head_dist.weight", 5, 16)),
			[]string{"+ dist_token [1 1 16]", "+ head_dist.weight"},
		},
		{"registers", without(all, f32("reg_token", 1, 4, 16)), []string{"+ reg_token [1 4 16]"}},
		{
			"LayerScale of another width", without(all, f32("blocks.1.ls1.gamma", 15)),
			[]string{"blocks.1.ls1.gamma has 15 values for blocks.1.attn.proj.weight [16 16]"},
		},
		{
			"LayerScale of nothing", without(
				is("blocks.0.attn.proj.weight"), f32("blocks.0.attn.proj.weight", 0, 16),
				f32("blocks.0.ls1.gamma", 0),
			),
			[]string{"blocks.0.ls1.gamma has 0 values"},
		},
		{
			"LayerScale of no block", without(all, f32("blocks.7.ls2.gamma", 16)),
			[]string{"blocks.7.ls2.gamma has 16 values for blocks.7.mlp.fc2.weight []"},
		},
		{
			"terminal codes", without(all, f32("blocks.0.\x1b[31m", 16)),
			[]string{`blocks.0.\x1b[31m [16]`},
		},
		{
			"hole", without(is("blocks.1.mlp.fc2.bias")),
			[]string{"- blocks.1.mlp.fc2.bias [16]", "--set model.depth=2"},
		},
		{
			"shape", without(is("norm.weight"), f32("norm.weight", 17)),
			[]string{"- norm.weight [16], + norm.weight [17]"},
		},
		{"no positions", without(is("pos_embed")), []string{"lacks pos_embed"}},
		{
			"no square grid", without(is("pos_embed"), f32("pos_embed", 1, 12, 16)),
			[]string{"pos_embed is [1 12 16]"},
		},
		{"not finite", without(is("norm.bias"), nan), []string{"norm.bias", "not finite"}},
		{"no floats", without(is("norm.bias"), whole), []string{"norm.bias", "I32"}},
		{
			"no patches",
			without(is("patch_embed.proj.weight"), f32("patch_embed.proj.weight", 16, 3, 0, 0)),
			[]string{"patch_embed.proj.weight is [16 3 0 0]"},
		},
		{
			"more bands than cmae reads",
			without(is("patch_embed.proj.weight"), f32("patch_embed.proj.weight", 16, 17, 4, 4)),
			[]string{"[16 17 4 4]"},
		},
		{
			"two encoders", without(all, f32("module.patch_embed.proj.weight", 16, 3, 4, 4)),
			[]string{"several encoders", `"module." ""`},
		},
		{
			"no transformer",
			without(func(string) bool { return true }, f32("conv1.weight", 8, 3, 3, 3)),
			[]string{"no patch_embed.proj.weight"},
		},
		{"nothing", filepath.Join(t.TempDir(), "nothing"), []string{"no such file"}},
		{"pickle", write(t, "\x80\x02}q\x00."), []string{"save_file"}},
		{
			"lying metadata",
			lying(
				t,
				`{"model":{"size":"base","patch_size":4,"dim":16,"depth":2,"heads":3,"mlp_ratio":4},"augment":{"std":[1,1,1]},"probe":{"feature":"cls"}}`,
			),
			[]string{"model.heads"},
		},
		{
			"lying side",
			lying(
				t,
				`{"model":{"size":"base","patch_size":4,"dim":16,"depth":2,"heads":2,"mlp_ratio":4},"data":{"image_size":8192},"augment":{"std":[1,1,1]},"probe":{"feature":"cls"}}`,
			),
			[]string{"data.image_size"},
		},
		{
			"lying depth",
			lying(
				t,
				`{"model":{"size":"base","patch_size":4,"dim":16,"depth":1000000,"heads":2,"mlp_ratio":4},"data":{"image_size":16},"augment":{"std":[1,1,1]},"probe":{"feature":"cls"}}`,
			),
			[]string{"model.depth: 1000000 must be between 0 and 256"},
		},
		{"foreign settings", lying(t, `{"data":{"path":"/etc"}}`), []string{"metadata", "path"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "out.safetensors")
			_, err := importTo(out, test.file, func(c *recipe.Pretrain) { c.Model.Heads = 4 })
			if !errors.Is(err, fault.Mismatch) && !errors.Is(err, fault.Missing) &&
				!errors.Is(err, safetensors.ErrFormat) {
				t.Fatalf("got %v", err)
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
					t.Errorf("got %v, want %q", err, want)
				}
			}
			if left, _ := os.ReadDir(filepath.Dir(out)); len(left) > 0 {
				t.Errorf("%s was written", left[0].Name())
			}
		})
	}
}

// TestOtherSettings: a model that the file does not hold is a mismatch, an impossible side the
// user's mistake.
func TestOtherSettings(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out.safetensors")
	_, err := importTo(
		out, published, func(c *recipe.Pretrain) { c.Model.Heads, c.Model.Depth = 4, 1 },
	)
	if !errors.Is(err, fault.Mismatch) ||
		!strings.Contains(
			err.Error(), "+ blocks.1.attn.proj.bias [16]",
		) || !strings.Contains(err.Error(), "--set model.depth=2") {
		t.Errorf("got %v", err)
	}
	var usage *config.Error
	if _, err = importTo(
		out, published, func(c *recipe.Pretrain) { c.Model.Heads, c.Data.ImageSize = 4, 15 },
	); !errors.As(err, &usage) {
		t.Errorf("got %v", err)
	}
}

func TestModelIsReadOffShapes(t *testing.T) {
	for _, test := range []struct {
		shape weights.EncoderShape
		want  [4]int // dim, depth, heads, hidden
	}{
		{weights.EncoderShape{Dim: 192, Depth: 12, Hidden: 768}, [4]int{192, 12, 3, 768}},
		{weights.EncoderShape{Dim: 96, Depth: 4, Hidden: 384}, [4]int{96, 4, 3, 384}},
		{weights.EncoderShape{Dim: 1152, Depth: 27, Hidden: 4304}, [4]int{1152, 27, 18, 4304}},
		{weights.EncoderShape{Dim: 100, Depth: 12, Hidden: 400}, [4]int{100, 12, -1, 400}},
	} {
		m := (&Published{shape: test.shape}).Model().Resolved()
		if got := [4]int{
			m.Dim, m.Depth, m.Heads, int(float64(m.Dim) * m.MLPRatio),
		}; got != test.want {
			t.Errorf("%v, want %v", got, test.want)
		}
	}
}

// f32 is a tensor of ones.
func f32(name string, shape ...int) safetensors.Tensor {
	n := 1
	for _, s := range shape {
		n *= s
	}
	values := make([]float32, n)
	for i := range values {
		values[i] = 1
	}
	return safetensors.FromFloat32s(name, shape, values)
}

func write(t *testing.T, text string) string {
	path := filepath.Join(t.TempDir(), "model.pth")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// lying is the imported file with settings of a stranger's.
func lying(t *testing.T, settings string) string {
	out, _ := imported(t, published, 16)
	f, err := weights.Open(out)
	if err != nil {
		t.Fatal(err)
	}
	var list []safetensors.Tensor
	for _, name := range f.Names() {
		tensor, _ := f.Tensor(name)
		list = append(list, tensor)
	}
	if err := safetensors.WriteFile(out, list, map[string]string{"cmae": settings}); err != nil {
		t.Fatal(err)
	}
	return out
}
