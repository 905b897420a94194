package weights

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"

	"cmae/internal/evaluate/features"
	"cmae/internal/fault"
	"cmae/internal/graph/nn"
	"cmae/internal/kernel"
	"cmae/internal/kernel/portable"
	"cmae/internal/model"
	"cmae/internal/weights/safetensors"
)

// encoder is a small encoder's parameters.
func encoder(t *testing.T, dim int) *nn.Params {
	t.Helper()
	p := nn.NewParams(portable.New(1), kernel.F32, 1)
	x, err := features.New(p, features.Config{
		Encoder: model.EncoderConfig{
			Size: "micro", PatchSize: 4, Dim: dim, Depth: 1, Heads: 2, MLPRatio: 2,
		}, Side: 8, Batch: 1, ComputeType: kernel.F32,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { x.Close() })
	return p
}

// published writes a file as MAE and timm publish them: an encoder, a learned table, and a
// classifier that cmae has no place for.
func published(t *testing.T, p *nn.Params, leaveOut string) string {
	t.Helper()
	list := []safetensors.Tensor{
		safetensors.FromFloat32s("head.weight", []int{2, 1}, []float32{1, 2}),
	}
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
	if loaded.Count != len(p.All()) || len(loaded.Ignored) != 1 ||
		loaded.Ignored[0] != "head.weight" {
		t.Errorf("loaded %+v", loaded)
	}
	for _, param := range p.All() {
		if got := kernel.Read[float32](
			p.Engine(), param.Value,
		)[0]; got != float32(len(param.Name)) {
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
		{
			"a missing layer", published(t, encoder(t, 8), "blocks.0.attn.qkv.weight"),
			"- blocks.0.attn.qkv.weight [24 8]",
		},
		{
			"another width", published(t, encoder(t, 16), ""),
			"- patch_embed.proj.weight [8 3 4 4], + patch_embed.proj.weight [16 3 4 4]",
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := encoder(t, 8)
			before := kernel.Read[float32](p.Engine(), p.All()[0].Value)
			f, err := Open(row.file)
			if err != nil {
				t.Fatal(err)
			}
			_, err = f.Load(p)
			if !errors.Is(err, fault.Mismatch) || !strings.Contains(err.Error(), row.want) {
				t.Errorf("got %v, want %q", err, row.want)
			}
			if after := kernel.Read[float32](
				p.Engine(), p.All()[0].Value,
			); after[0] != before[0] {
				t.Error("a refused file was written")
			}
		})
	}
}

// TestValuesThatAreNotFinite: a file that a diverged run left is refused whoever reads it, and no
// value of it gets into the model.
func TestValuesThatAreNotFinite(t *testing.T) {
	p := encoder(t, 8)
	f, err := Open(published(t, p, ""))
	if err != nil {
		t.Fatal(err)
	}
	f.Put(
		safetensors.FromFloat32s(
			"norm.bias", []int{8}, []float32{0, 0, 0, float32(math.NaN()), 0, 0, 0, 0},
		),
	)
	param, _ := p.Lookup("norm.weight")
	before := kernel.Read[float32](p.Engine(), param.Value)
	if _, err := f.Load(p); !errors.Is(err, fault.Mismatch) ||
		!strings.Contains(err.Error(), "tensor norm.bias holds NaN") {
		t.Error(err)
	}
	if after := kernel.Read[float32](p.Engine(), param.Value); !slices.Equal(before, after) {
		t.Error("values were written")
	}
}

func TestWhatIsNoModelIsRefused(t *testing.T) {
	if _, err := Open(filepath.Join(t.TempDir(), "nothing")); !errors.Is(err, fault.Missing) {
		t.Errorf("a missing path: %v", err)
	}
	if _, err := Open(os.DevNull); !errors.Is(err, fault.Mismatch) {
		t.Errorf("a device: %v", err)
	}
	if _, err := Open(t.TempDir()); !errors.Is(err, fault.Mismatch) {
		t.Errorf("an empty folder: %v", err)
	}
}

// TestWhatToPassInstead: each way of not fitting names its own remedy.
func TestWhatToPassInstead(t *testing.T) {
	tensor := func(name string, shape ...int) safetensors.Tensor {
		n := 1
		for _, s := range shape {
			n *= s
		}
		return safetensors.FromFloat32s(name, shape, make([]float32, n))
	}
	for _, row := range []struct {
		name string
		to   func(string) (string, bool)
		more []safetensors.Tensor
		want []string
	}{
		{
			"a block more", all, []safetensors.Tensor{tensor("blocks.1.norm1.weight", 8)},
			[]string{"+ blocks.1.norm1.weight [8]", "--set model.depth=2"},
		},
		{
			"other positions", all, []safetensors.Tensor{tensor("pos_embed", 1, 10, 8)},
			[]string{"+ pos_embed [1 10 8]", "--set data.image_size=12"},
		},
		{
			"other decoder", all, []safetensors.Tensor{tensor("decoder_embed.weight", 6, 8)},
			[]string{
				"- decoder_embed.weight [4 8], + decoder_embed.weight [6 8]",
				"its encoder fits: set decoder.kind, decoder.depth, decoder.dim", "cmae export",
			},
		},
		{
			"wrapped", func(n string) (string, bool) { return "module." + n, true }, nil,
			[]string{"cmae import"},
		},
		{
			"a ResNet", func(string) (string, bool) { return "", false },
			[]safetensors.Tensor{tensor("conv1.weight", 8, 3, 3, 3)},
			[]string{"+ conv1.weight [8 3 3 3]", "names of MAE, timm or torchvision"},
		},
		{
			"no numbers", all,
			[]safetensors.Tensor{
				{Name: "norm.bias", DType: "U8", Shape: []int{8}, Data: make([]byte, 8)},
			},
			[]string{"norm.bias", "U8"},
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := encoder(t, 8)
			f, err := Open(published(t, p, ""))
			if err != nil {
				t.Fatal(err)
			}
			f = f.Rename(row.to)
			for _, tensor := range row.more {
				f.Put(tensor)
			}
			root := nn.NewScope(G.NewGraph(), p, kernel.F32)
			root.Describe(model.DecoderPart())
			nn.NewLinear(root.Sub("decoder_embed"), 8, 4)
			_, err = f.Load(p)
			for _, want := range row.want {
				if !errors.Is(err, fault.Mismatch) ||
					!strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
					t.Errorf("got %v, want %q", err, want)
				}
			}
		})
	}
}

func all(name string) (string, bool) { return name, true }

// TestMomentumTableFollows: a learned table of positions is the momentum encoder's too, which
// starts as a copy and never learns it.
func TestMomentumTableFollows(t *testing.T) {
	p := encoder(t, 8)
	x, err := features.New(p, features.Config{
		Encoder: model.EncoderConfig{
			Size: "micro", PatchSize: 4, Dim: 8, Depth: 1, Heads: 2, MLPRatio: 2,
		}, Side: 8, Batch: 1, ComputeType: kernel.F32, Momentum: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	f, err := Open(published(t, encoder(t, 8), ""))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Load(p); err != nil {
		t.Fatal(err)
	}
	table, _ := p.Lookup("momentum.pos_embed")
	if got := kernel.Read[float32](p.Engine(), table.Value)[0]; got != float32(len("pos_embed")) {
		t.Errorf("momentum.pos_embed begins with %g", got)
	}
}
