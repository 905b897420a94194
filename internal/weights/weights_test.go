package weights

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"cmae/internal/checkpoint"
	"cmae/internal/features"
	"cmae/internal/kernel"
	"cmae/internal/kernel/portable"
	"cmae/internal/model"
	"cmae/internal/nn"
	"cmae/internal/safetensors"
)

// encoder is a small encoder's parameters.
func encoder(t *testing.T, dim int) *nn.Params {
	t.Helper()
	p := nn.NewParams(portable.New(1), kernel.F32, 1)
	x, err := features.New(p, features.Config{
		Encoder: model.EncoderConfig{Size: "micro", PatchSize: 4, Dim: dim, Depth: 1, Heads: 2, MLPRatio: 2}, Side: 8, Batch: 1, Inner: kernel.F32,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { x.Close() })
	return p
}

// published writes a file as MAE and timm publish them: an encoder, a learned table, and a classifier that cmae has no place for.
func published(t *testing.T, p *nn.Params, leaveOut string) string {
	t.Helper()
	list := []safetensors.Tensor{safetensors.FromFloat32s("head.weight", []int{2, 1}, []float32{1, 2})}
	for _, param := range p.All() {
		values := make([]float32, param.Value.Len())
		for i := range values {
			values[i] = float32(i + len(param.Name))
		}
		if param.Name != leaveOut {
			list = append(list, safetensors.FromFloat32s(param.Name, param.Value.Shape, values))
		}
	}
	path := filepath.Join(t.TempDir(), "vit.safetensors")
	if err := safetensors.WriteFile(path, list, nil); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestPublishedFilesLoadByName(t *testing.T) {
	p := encoder(t, 8)
	f, err := Open(published(t, p, ""))
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := f.Load(p)
	if err != nil {
		t.Fatal(err)
	}
	if loaded.Count != len(p.All()) || len(loaded.Ignored) != 1 || loaded.Ignored[0] != "head.weight" {
		t.Errorf("loaded %+v", loaded)
	}
	for _, param := range p.All() {
		if got := nn.ReadTensor[float32](p.Engine(), param.Value)[0]; got != float32(len(param.Name)) {
			t.Errorf("%s begins with %g", param.Name, got)
		}
	}
}

func TestFilesThatDoNotFitChangeNothing(t *testing.T) {
	for _, row := range []struct {
		name string
		file string
		want string
	}{
		{"a missing layer", published(t, encoder(t, 8), "blocks.0.attn.qkv.weight"), "- blocks.0.attn.qkv.weight [24 8]"},
		{"another width", published(t, encoder(t, 16), ""), "patch_embed.proj.weight is [16 3 4 4], not [8 3 4 4]"},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := encoder(t, 8)
			before := nn.ReadTensor[float32](p.Engine(), p.All()[0].Value)
			f, err := Open(row.file)
			if err != nil {
				t.Fatal(err)
			}
			_, err = f.Load(p)
			if !errors.Is(err, checkpoint.ErrMismatch) || !strings.Contains(err.Error(), row.want) {
				t.Errorf("got %v, want %q", err, row.want)
			}
			if after := nn.ReadTensor[float32](p.Engine(), p.All()[0].Value); after[0] != before[0] {
				t.Error("a refused file was written")
			}
		})
	}
}

func TestWhatIsNoModelIsRefused(t *testing.T) {
	if _, err := Open(filepath.Join(t.TempDir(), "nothing")); err == nil {
		t.Error("a missing path opened")
	}
	if _, err := Open(t.TempDir()); !errors.Is(err, checkpoint.ErrMismatch) {
		t.Errorf("an empty folder: %v", err)
	}
}
