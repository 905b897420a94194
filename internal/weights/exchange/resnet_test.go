package exchange

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cmae/internal/config"
	"cmae/internal/evaluate/embed"
	"cmae/internal/fault"
	"cmae/internal/method"
	"cmae/internal/recipe"
	"cmae/internal/weights"
	"cmae/internal/weights/safetensors"
)

// published ResNets, narrow ones, as MoCo publishes them; see testdata/resnet.py
var resNets = []struct {
	layers, side int
	stem         string
	tensors      int
	changes      []string
}{
	{
		18, 16, "small", 100,
		[]string{
			"conv1 = torch.nn.Conv2d(3, 2, 3, 1, 1, bias=False)", "maxpool = torch.nn.Identity()",
			"every layer has 2/64 of its channels",
		},
	},
	{50, 40, "imagenet", 265, []string{"every layer has 2/64 of its channels"}},
}

// TestResNetFeaturesEqualPyTorchs: a published file, imported and exported again, holds the same
// bits and gives the features that PyTorch gives.
func TestResNetFeaturesEqualPyTorchs(t *testing.T) {
	for _, row := range resNets {
		t.Run(fmt.Sprint(row.layers), func(t *testing.T) {
			from := fmt.Sprintf("testdata/resnet%d.safetensors", row.layers)
			out, r := imported(t, from, 0)
			if r.Prefix != "module.encoder_q." || r.Tensors != row.tensors || len(r.Dropped) != 4 ||
				r.Settings.Model.Stem != row.stem || r.Settings.Model.Width != 2 {
				t.Errorf("imported %+v", r)
			}
			again := filepath.Join(t.TempDir(), "again.safetensors")
			exported, err := Export(open(t, out, configOf(t, out)), ExportOptions{Out: again})
			if err != nil || !slices.Equal(exported.Changes, row.changes) ||
				exported.TimmArgs != nil {
				t.Fatalf("%v: exported %+v", err, exported)
			}
			sameBits(t, from, r.Prefix, again)
			c := configOf(t, again)
			c.Engine, c.Precision, c.Threads, c.Data.ImageSize = "portable", "f32", 1, row.side
			features := filepath.Join(t.TempDir(), "f.safetensors")
			const expected = "testdata/resnet_expected.safetensors"
			if _, err := embed.Run(context.Background(), open(t, again, c), embed.Options{
				Split: embed.All, Out: features,
				Images: pictures(t, expected, fmt.Sprintf("%d.pixels", row.layers), row.side),
			}); err != nil {
				t.Fatal(err)
			}
			// float32 on both sides, values up to 1: measured below 1e-6
			near(
				t, "mean", floats(t, features, "features"),
				floats(t, expected, fmt.Sprintf("%d.mean", row.layers)), 1e-5,
			)
		})
	}
}

// sameBits demands that every tensor of a file stands behind the prefix in another, with the same
// bytes.
func sameBits(t *testing.T, published, prefix, path string) {
	t.Helper()
	want, err := weights.Open(published)
	if err != nil {
		t.Fatal(err)
	}
	got, err := weights.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range got.Names() {
		a, _ := got.Tensor(name)
		if b, ok := want.Tensor(prefix + name); !ok || !bytes.Equal(a.Data, b.Data) ||
			!slices.Equal(a.Shape, b.Shape) {
			t.Errorf("%s differs", name)
		}
	}
}

// TestResNetsThatDoNotFit: what others publish and cmae has not, settings of another network,
// damage; nothing is written.
func TestResNetsThatDoNotFit(t *testing.T) {
	const prefix = "module.encoder_q."
	read := func(name string, layers int, more ...safetensors.Tensor) string {
		f, err := weights.Open(fmt.Sprintf("testdata/resnet%d.safetensors", layers))
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range f.Names() {
			tensor, _ := f.Tensor(n)
			if n != prefix+name &&
				!slices.ContainsFunc(more, func(m safetensors.Tensor) bool { return m.Name == n }) {
				more = append(more, tensor)
			}
		}
		path := filepath.Join(t.TempDir(), "resnet.safetensors")
		if err := safetensors.WriteFile(path, more, nil); err != nil {
			t.Fatal(err)
		}
		return path
	}
	nan := f32(prefix+"bn1.running_var", 2)
	copy(nan.Data, []byte{0, 0, 0xc0, 0x7f})
	none := func(*recipe.Pretrain) {}
	for _, row := range []struct {
		name, from string
		change     func(*recipe.Pretrain)
		want       []string
	}{
		{
			"a block more", read("", 18, f32(prefix+"layer3.2.conv1.weight", 8, 8, 3, 3)), none,
			[]string{"stages of [2 2 3 2] blocks of 2 convolutions"},
		},
		{
			"another stem", read("", 18, f32(prefix+"conv1.weight", 2, 3, 5, 5)), none,
			[]string{"conv1.weight is [2 3 5 5]"},
		},
		{
			"grouped", read("", 50, f32(prefix+"layer1.0.conv2.weight", 2, 1, 3, 3)), none,
			[]string{"layer1.0.conv2.weight is [2 1 3 3], not [2 2 3 3]", "ResNeXt"},
		},
		{
			"squeeze and excitation", read("", 18, f32(prefix+"layer1.0.se.fc1.weight", 1, 2)),
			none, []string{"+ layer1.0.se.fc1.weight [1 2]", "more than a plain ResNet"},
		},
		{
			"a tensor is missing", read("layer2.0.bn1.running_mean", 18), none,
			[]string{"- layer2.0.bn1.running_mean [4]"},
		},
		{"not finite", read("", 18, nan), none, []string{"bn1.running_var", "not finite"}},
		{
			"other layers", read("", 18), func(c *recipe.Pretrain) { c.Model.Size = "resnet50" },
			[]string{
				"- layer1.0.conv1.weight [2 2 1 1], + layer1.0.conv1.weight [2 2 3 3]",
				"--set model.size=resnet18 --set model.stem=small --set model.width=2",
			},
		},
		{
			"other stem", read("", 18), func(c *recipe.Pretrain) { c.Model.Stem = "imagenet" },
			[]string{
				"- conv1.weight [2 3 7 7], + conv1.weight [2 3 3 3]", "--set model.stem=small",
			},
		},
		{
			"a transformer asked for", read("", 18),
			func(c *recipe.Pretrain) { *c = method.Default(); c.Data.ImageSize = 32 },
			[]string{"- cls_token [1 1 96]", "--set model.size=resnet18"},
		},
		{
			"a ResNet asked for", published,
			func(c *recipe.Pretrain) {
				c.Model.Size, c.Model.Dim, c.Model.Depth = "resnet18", 0, 0
			},
			[]string{
				"- conv1.weight [64 3 3 3]",
				"it is a transformer: pass --set model.size=base --set model.dim=16",
			},
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "out.safetensors")
			_, err := importTo(out, row.from, row.change)
			for _, want := range row.want {
				if !errors.Is(err, fault.Mismatch) ||
					!strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
					t.Errorf("got %v, want %q", err, want)
				}
			}
			if _, err := os.Stat(out); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("written: %v", err)
			}
		})
	}
}

// TestWhatAResNetLacks: a decoder and a class token are the settings' fault.
func TestWhatAResNetLacks(t *testing.T) {
	out, _ := imported(t, "testdata/resnet18.safetensors", 0)
	var usage *config.Error
	if _, err := Export(
		open(t, out, configOf(t, out)), ExportOptions{Out: out, Decoder: true},
	); !errors.As(err, &usage) {
		t.Errorf("decoder: %v", err)
	}
	c := configOf(t, out)
	c.Probe.Feature, c.Data.ImageSize, c.Data.CacheDir = recipe.Cls, 16, t.TempDir()
	c.Data.Limit = 20
	e := open(t, out, c)
	if _, err := e.Data(context.Background()); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Frozen(); !errors.As(err, &usage) || usage.Key != "probe.feature" {
		t.Errorf("cls: %v", err)
	}
}
