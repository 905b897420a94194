package bench

import (
	"context"
	"errors"
	"slices"
	"testing"

	"cmae/internal/config"
	"cmae/internal/fault"
	"cmae/internal/kernel"
	"cmae/internal/method"
	"cmae/internal/model"
	"cmae/internal/recipe"
)

// small is a step of milliseconds on the portable engine.
func small() recipe.Pretrain {
	c := method.Default()
	c.Engine, c.Data.ImageSize = "portable", 16
	c.Model.Dim, c.Model.Depth, c.Model.Heads, c.Model.PatchSize = 16, 1, 2, 4
	c.Decoder.Dim, c.Decoder.Depth = 16, 1
	c.Contrast.Hidden, c.Contrast.Out = 16, 8
	c.Train.BatchSize = 4
	return c
}

// choose changes c to a method with its defaults.
func choose(t *testing.T, c *recipe.Pretrain, set ...string) {
	t.Helper()
	chosen, err := method.Load(*c, config.Source{Set: set})
	if err != nil {
		t.Fatal(err)
	}
	*c = chosen
}

func TestRun(t *testing.T) {
	for name, change := range map[string]func(*recipe.Pretrain){
		"cmae": func(*recipe.Pretrain) {},
		"mae":  func(c *recipe.Pretrain) { c.Contrast.Weight, c.Location.Weight = 0, 0 },
		"accumulate": func(c *recipe.Pretrain) {
			c.Contrast.Weight, c.Location.Weight, c.Train.Accumulate = 0, 0, 2
		},
		"moco-v1": func(c *recipe.Pretrain) {
			choose(t, c, "method=moco-v1")
			c.Model = model.EncoderConfig{Size: model.ResNet18, Stem: "small", Width: 4}
			c.Contrast.QueueSize, c.Contrast.Groups = 10, 2
		},
		"moco-v3": func(c *recipe.Pretrain) {
			choose(t, c, "method=moco-v3")
			c.Contrast.Hidden = 16
		},
		"bf16": func(c *recipe.Pretrain) { c.Precision = "bf16" },
	} {
		c := small()
		change(&c)
		r, err := Run(context.Background(), Options{Config: c, Steps: 2, Profile: true})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for key, v := range map[string]float64{
			"images/s": r.ImagesPerSecond, "step": r.StepMS, "floor": r.FloorMS, "ratio": r.Ratio,
			"peak": r.PeakRate, "peak floor": r.PeakFloorMS, "ratio to peak": r.RatioToPeak,
			"GFLOP": r.GFLOP, "RSS": float64(r.PeakRSS), "bandwidth": r.Bandwidth,
			"kinds": float64(len(r.ProfileKinds)), "layers": float64(len(r.ProfileLayers)),
		} {
			if !(v > 0) {
				t.Errorf("%s: %s is %v", name, key, v)
			}
		}
	}
}

// TestProducts counts the multiplications of MAE by hand: a linear layer has one product forward
// and two backward (the patch embedding one, as images need no gradient), an attention two and
// four.
func TestProducts(t *testing.T) {
	c := small()
	c.Contrast.Weight, c.Location.Weight = 0, 0
	s, err := newStepper(c, 16, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	got := 0.0
	for _, p := range productsOf(s.Step.Machine()) {
		got += p.flop()
	}
	const batch, patches, visible, pixels, dim = 4, 16, 4, 48, 16
	linear := func(tokens int) float64 { return 3 * 2 * float64(batch*tokens) * dim * dim }
	block := func(tokens int) float64 {
		return linear(tokens)*(3+1+4+4) + 6*2*float64(batch*tokens*tokens)*dim
	}
	want := 2*2.*batch*patches*pixels*dim + // patch embedding
		block(1+visible) + linear(1+visible) + // encoder, decoder_embed
		block(1+patches) + 3*2.*batch*patches*pixels*dim // decoder, decoder_pred
	// whether decoder_pred sees cls is the model's business
	if d := got/want - 1; d > 0.02 || d < -0.02 {
		t.Errorf("products have %.0f flop, by hand %.0f", got, want)
	}
}

// TestPeak: the best of what is tried is a product of square matrices, and a chain of each kind is
// what loops make of the same numbers.
func TestPeak(t *testing.T) {
	s, err := newStepper(small(), 16, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	found, err := newPeak(t.Context(), s.Run.Replicas, kernel.F32)
	if err != nil {
		t.Fatal(err)
	}
	defer found.free()
	if p := found.product; p.m != p.n || p.m != p.k || !slices.Contains(peakSides, p.m) {
		t.Errorf("the peak is at %v", found)
	}
	const n = 24
	for _, kind := range []string{"linear", "linear.dx", "linear.dw"} {
		p := squares(s.Run.Replicas, product{kind: kind, m: n, n: n, k: n, in: kernel.F32})
		defer p.free()
		e, m := s.Run.Replicas.Engine(0), p.memory[0]
		p.chain(e, m)
		read := func(t kernel.Tensor) []float32 {
			values := make([]float32, n*n)
			e.Download(kernel.Bytes(values), t)
			return values
		}
		want, b := read(m[0]), read(m[1])
		for range peakChain {
			want = multiplied(kind, want, b, n)
		}
		for i, got := range read(m[3]) {
			if d := got - want[i]; d > 0.1 || d < -0.1 { // of numbers up to some thousands
				t.Fatalf("%s: value %d of a chain is %v, by loops %v", kind, i, got, want[i])
			}
		}
	}
}

func multiplied(kind string, a, b []float32, n int) []float32 {
	c := make([]float32, n*n)
	for i := range n {
		for j := range n {
			for l := range n {
				x, y := i*n+l, l*n+j
				switch kind {
				case "linear":
					y = j*n + l
				case "linear.dw":
					x = l*n + i
				}
				c[i*n+j] += a[x] * b[y]
			}
		}
	}
	return c
}

// TestConvolutionProducts: pieces of a product that is too large fit the bound and are together the
// whole.
func TestConvolutionProducts(t *testing.T) {
	p := product{kind: "linear", m: 300_000, n: 8, k: 100, in: kernel.F32, out: kernel.F32}
	rows, list := 0, p.pieces(&p.m)
	for _, piece := range list {
		rows += piece.m
		if piece.inBytes() > pieceBytes+4*1024 {
			t.Errorf("a piece of %d bytes", piece.inBytes())
		}
	}
	if rows != 300_000 || len(list) != 2 {
		t.Errorf("%d rows in %d pieces", rows, len(list))
	}
}

func TestRunRefusesImagesOfUnknownSize(t *testing.T) {
	c := small()
	c.Data.ImageSize, c.Data.Path = 0, "somewhere"
	if _, err := Run(
		context.Background(), Options{Config: c, Steps: 1},
	); !errors.Is(err, fault.Usage) {
		t.Errorf("got %v, want a usage error", err)
	}
}

func TestRunStops(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Run(ctx, Options{Config: small(), Steps: 1}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the context's error", err)
	}
}

func TestRunData(t *testing.T) {
	c := small()
	c.Train.BatchSize = 512
	r, err := RunData(context.Background(), c, 5, nil)
	if err != nil {
		t.Fatal(err)
	}
	if r.Views < 2*5*512 || !(r.ViewsPerS > 0) || !(r.ViewsPerCore > 0) {
		t.Errorf("unlikely: %+v", r)
	}
}
