package features

import (
	"math"
	"math/rand/v2"
	"testing"

	"cmae/internal/comm"
	"cmae/internal/graph/nn"
	"cmae/internal/kernel"
	"cmae/internal/kernel/portable"
	"cmae/internal/model"
)

// TestReplicas: replicas give what one gives, in the order of the images, also where they don't
// divide the batch and for fewer images than a batch.
func TestReplicas(t *testing.T) {
	const side, batch = 8, 5
	e := portable.New(1)
	t.Cleanup(func() { e.Close() })
	l, err := comm.New(e, 3, func() (kernel.Engine, error) { return portable.New(1), nil })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	images, r := make([]float32, batch*3*side*side), rand.New(rand.NewPCG(1, 2))
	for i := range images {
		images[i] = float32(r.NormFloat64())
	}
	c := Config{
		Encoder: model.EncoderConfig{
			Size: "micro", PatchSize: 4, MLPRatio: 2, Dim: 8, Depth: 1, Heads: 2,
		},
		Side: side, Batch: batch, ComputeType: kernel.F32, Maps: true,
	}
	p := nn.NewParams(e, kernel.F32, 1)
	one := mustCompile(t, comm.Single(e), p, c)
	three := mustCompile(t, l, p, c)
	for _, rows := range []int{batch, 1} {
		for _, x := range []*Extractor{one, three} {
			if err := x.Run(images[:rows*3*side*side]); err != nil {
				t.Fatal(err)
			}
		}
		for _, read := range []struct {
			name  string
			of    func(*Extractor) []float32
			width int
		}{
			{"cls", (*Extractor).Cls, 8},
			{"mean", (*Extractor).Mean, 8},
			{"attention", (*Extractor).Attention, 8},
			{"attention heat", (*Extractor).AttentionHeat, 4},
			{"feature heat", (*Extractor).FeatureHeat, 4},
			{"patches", (*Extractor).Patches, 4 * 8},
		} {
			want, got := read.of(one), read.of(three)
			if len(got) != batch*read.width || len(want) != len(got) {
				t.Fatalf(
					"%s: %d values in one replica and %d in three, want %d", read.name, len(want),
					len(got), batch*read.width,
				)
			}
			for i := range rows * read.width {
				if math.Abs(float64(want[i]-got[i])) > 1e-5 {
					t.Fatalf(
						"%d images, %s, value %d: %v in one replica, %v in three", rows, read.name,
						i, want[i], got[i],
					)
				}
			}
		}
	}
}

// TestPatches: their mean is Mean.
func TestPatches(t *testing.T) {
	const side, batch, n, d = 8, 2, 4, 8
	e := portable.New(1)
	t.Cleanup(func() { e.Close() })
	x := mustCompile(t, comm.Single(e), nn.NewParams(e, kernel.F32, 1), Config{
		Encoder: model.EncoderConfig{
			Size: "micro", PatchSize: 4, MLPRatio: 2, Dim: d, Depth: 1, Heads: 2,
		},
		Side: side, Batch: batch, ComputeType: kernel.F32, Maps: true,
	})
	images := make([]float32, batch*3*side*side)
	for i := range images {
		images[i] = float32(i%7) - 3
	}
	if err := x.Run(images); err != nil {
		t.Fatal(err)
	}
	patches := x.Patches()
	for i, want := range x.Mean() {
		sum := float32(0)
		for p := range n {
			sum += patches[(i/d*n+p)*d+i%d]
		}
		if math.Abs(float64(sum/n-want)) > 1e-5 {
			t.Errorf(
				"feature %d of image %d: the mean of patches is %v, want %v", i%d, i/d, sum/n, want,
			)
		}
	}
}

func mustCompile(t *testing.T, l *comm.Replicas, p *nn.Params, c Config) *Extractor {
	t.Helper()
	x, err := NewIn(l, p, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { x.Close() })
	return x
}
