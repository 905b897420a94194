package probe

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"cmae/internal/dataset"
	"cmae/internal/dataset/eightbit"
	"cmae/internal/evaluate"
	"cmae/internal/evaluate/features"
	"cmae/internal/fault"
	"cmae/internal/recipe"
	"cmae/internal/weights/safetensors"
)

// saved is one of three classes on features of two values.
func saved() *Probe {
	classes := []string{"cat", "dog, wet", "ottér"}
	return &Probe{
		Head: evaluate.LinearHead{
			Classes: classes, Mean: []float32{1, 2}, Variance: []float32{3, 0},
			Weight: []float32{1, 2, 3, 4, 5, 6}, Bias: []float32{7, 8, 9},
		},
		About: About{
			Classes: classes, Encoder: "run/last", Digest: "ab", Feature: recipe.Cls,
			Side: 32, Mean: []float64{.1, .2, .3}, Std: []float64{1, 2, 3},
			Protocol: recipe.Augmented, Accuracy: .5,
		},
	}
}

func TestProbesComeBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "probe.safetensors")
	if err := saved().Save(path); err != nil {
		t.Fatal(err)
	}
	if got, err := Open(path); err != nil || !reflect.DeepEqual(got, saved()) {
		t.Errorf("%v: %+v", err, got)
	}
	p, levels := saved(), eightbit.Levels{Spans: eightbit.Spans{Words: eightbit.Span{White: 3}}}
	p.About.Conversion = &dataset.Conversion{
		Alpha: eightbit.DropAlpha, Range: eightbit.AutoRange, Levels: &levels,
	}
	if err := p.Save(path); err != nil {
		t.Fatal(err)
	}
	if got, err := Open(path); err != nil || !reflect.DeepEqual(got, p) {
		t.Errorf("%v: %+v", err, got)
	}
}

// TestHostileProbes: each fault is refused by its name.
func TestHostileProbes(t *testing.T) {
	for _, row := range []struct {
		name   string
		change func(*Probe)
		want   string
	}{
		{
			"a class less", func(p *Probe) { p.About.Classes = p.About.Classes[:2] },
			"tensor head.1.weight is [3 2], not [2 2]",
		},
		{"one class", func(p *Probe) { p.About.Classes = p.About.Classes[:1] }, "1 classes"},
		{
			"a feature of pixels", func(p *Probe) { p.About.Feature = features.Raw },
			`feature "pixels"`,
		},
		{"huge images", func(p *Probe) { p.About.Side = 1 << 30 }, "images of 1073741824 pixels"},
		{"no images", func(p *Probe) { p.About.Side = 0 }, "images of 0 pixels"},
		{"no deviation", func(p *Probe) { p.About.Std[1] = 0 }, "augment.std"},
		{"no such alpha", func(p *Probe) {
			p.About.Conversion = &dataset.Conversion{Alpha: "x", Range: eightbit.AutoRange}
		}, "data.alpha"},
		{"no such range", func(p *Probe) {
			p.About.Conversion = &dataset.Conversion{Alpha: eightbit.BlendAlpha, Range: "2,1"}
		}, "data.range"},
		{"levels of other channels", func(p *Probe) {
			p.About.Conversion = &dataset.Conversion{
				Alpha: eightbit.BlendAlpha, Range: eightbit.AutoRange,
				Levels: &eightbit.Levels{Bands: make([]eightbit.Spans, 2)},
			}
		}, "levels of 2 bands"},
		{
			"a weight that is no number", func(p *Probe) { p.Head.Weight[3] = float32(math.NaN()) },
			"tensor head.1.weight holds NaN",
		},
		{
			"a negative variance", func(p *Probe) { p.Head.Variance[0] = -1 },
			"running_var holds the negative -1",
		},
		{"another width of statistics", func(p *Probe) {
			p.Head.Variance = p.Head.Variance[:2:2]
			p.Head.Weight, p.Head.Mean = append(p.Head.Weight, 1, 2, 3), []float32{1, 2, 3}
		}, "running_var"},
	} {
		t.Run(row.name, func(t *testing.T) {
			p, path := saved(), filepath.Join(t.TempDir(), "probe.safetensors")
			row.change(p)
			if err := saveAny(p, path); err != nil {
				t.Fatal(err)
			}
			if _, err := Open(path); !errors.Is(err, fault.Mismatch) ||
				!strings.Contains(err.Error(), row.want) {
				t.Errorf("got %v, want %q", err, row.want)
			}
		})
	}
}

// saveAny is Save for tensors of any length.
func saveAny(p *Probe, path string) error {
	if err := saved().Save(path); err != nil {
		return err
	}
	h, width := p.Head, len(p.Head.Mean)
	list := []safetensors.Tensor{
		safetensors.FromFloat32s("head.0.running_mean", []int{width}, h.Mean),
		safetensors.FromFloat32s("head.0.running_var", []int{len(h.Variance)}, h.Variance),
		safetensors.FromFloat32s("head.1.weight", []int{len(h.Bias), width}, h.Weight),
		safetensors.FromFloat32s("head.1.bias", []int{len(h.Bias)}, h.Bias),
	}
	about, err := p.About.json()
	return errors.Join(err, safetensors.WriteFile(path, list, map[string]string{aboutKey: about}))
}

func TestWhatIsNoProbe(t *testing.T) {
	dir := t.TempDir()
	write := func(metadata map[string]string) string {
		path := filepath.Join(dir, "x.safetensors")
		if err := safetensors.WriteFile(path, nil, metadata); err != nil {
			t.Fatal(err)
		}
		return path
	}
	broken := filepath.Join(dir, "broken.safetensors")
	if err := os.WriteFile(broken, []byte("broken"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(broken); !errors.Is(err, safetensors.ErrFormat) {
		t.Errorf("broken: %v", err)
	}
	if _, err := Open(filepath.Join(dir, "nowhere")); !errors.Is(err, fault.Missing) {
		t.Errorf("nowhere: %v", err)
	}
	for _, metadata := range []map[string]string{
		nil, {aboutKey: "{"}, {aboutKey: `{"more": 1}`}, {aboutKey: "{}"},
	} {
		if _, err := Open(write(metadata)); !errors.Is(err, fault.Mismatch) {
			t.Errorf("%v: %v", metadata, err)
		}
	}
}
