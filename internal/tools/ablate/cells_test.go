package ablate

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"cmae/internal/comm"
	"cmae/internal/config"
	"cmae/internal/dataset"
	"cmae/internal/dataset/loader"
	"cmae/internal/graph/nn"
	"cmae/internal/kernel"
	"cmae/internal/kernel/portable"
	"cmae/internal/method"
	"cmae/internal/model"
	"cmae/internal/recipe"
)

func requireSettingsError(t *testing.T, err error, want string) {
	t.Helper()
	var e *config.Error
	if !errors.As(err, &e) || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want a settings error with %q", err, want)
	}
}

// TestUsualCells checks that every cell of the usual sweeps can run, at every size.
func TestUsualCells(t *testing.T) {
	sweeps := map[string]func(recipe.Pretrain) []Cell{
		"decoder": Decoders, "components": Components, "crop": Crops,
	}
	for name, cells := range sweeps {
		for _, size := range []model.Size{"micro", "base"} {
			base := method.Default()
			base.Model.Size, base.Data.Limit = size, 200
			base.Train.BatchSize = 8
			o := Options{Base: base, Cells: cells(base), Seeds: []uint64{1}, Out: t.TempDir()}
			p, err := newPlan(context.Background(), o)
			if err != nil {
				t.Errorf("%s at %s: %v", name, size, err)
				continue
			}
			for i, r := range p.runs {
				for _, other := range p.runs[:i] {
					if len(config.Diff(r.config, other.config)) == 0 {
						t.Errorf(
							"%s at %s: %s and %s are the same", name, size, r.cell.Name,
							other.cell.Name,
						)
					}
				}
			}
		}
	}
}

func TestDecodersCoverEveryKind(t *testing.T) {
	base := method.Default()
	base.Model.Size = "base"
	cells := Decoders(base)
	for _, kind := range model.DecoderKinds() {
		if !slices.ContainsFunc(cells, func(c Cell) bool {
			return slices.Contains(c.Set, "decoder.kind="+string(kind))
		}) {
			t.Errorf("no cell of kind %s", kind)
		}
	}
	if cells[0].Name != "transformer-8x512" {
		t.Errorf(
			"the strongest decoder of ViT-B is %s, and MAE's is 8 blocks of 512", cells[0].Name,
		)
	}
}

// TestCellWithoutDecoderBlocks: a decoder of depth 0 is a cell like others.
func TestCellWithoutDecoderBlocks(t *testing.T) {
	for _, kind := range model.DecoderKinds() {
		base := method.Default()
		base.Data.Limit, base.Train.BatchSize = 100, 8
		cells := []Cell{{"none", []string{"decoder.kind=" + string(kind), "decoder.depth=0"}}}
		p, err := newPlan(
			context.Background(),
			Options{Base: base, Cells: cells, Out: t.TempDir(), Seeds: []uint64{1}},
		)
		if err != nil || len(p.runs) != 1 || p.runs[0].config.Decoder.Depth != 0 {
			t.Errorf("%s: %v", kind, err)
		}
	}
}

func TestComponents(t *testing.T) {
	base := method.Default()
	base.Contrast.Weight = 0 // as in a configuration of MAE
	base.Data.Limit, base.Train.BatchSize = 100, 8
	p, err := newPlan(
		context.Background(),
		Options{Base: base, Cells: Components(base), Out: t.TempDir(), Seeds: []uint64{1}},
	)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range p.runs {
		c := r.config
		has := map[string]bool{
			"contrast": c.Contrast.Weight > 0, "location": c.Location.Weight > 0,
			"crop": c.Crop.Enabled, "weak-decoder": c.Decoder.Depth < 8,
		}
		for part, on := range has {
			want := r.cell.Name == "all" || strings.HasSuffix(r.cell.Name, "+"+part)
			if on != want {
				t.Errorf("%s: %s is %v", r.cell.Name, part, on)
			}
		}
	}
}

// TestCellsStartFromTheSameEncoder is the promise that makes cells comparable.
func TestCellsStartFromTheSameEncoder(t *testing.T) {
	base := tiny(t)
	// nothing of which may get into the cells
	base.Decoder.Kind, base.Decoder.Depthwise = "conv", true
	var first map[string][]float32
	for _, cell := range append(Decoders(base), Components(base)...) {
		c, err := method.Load(base, config.Source{Set: cell.Set})
		if err != nil {
			t.Fatal(err)
		}
		got := initialEncoder(t, c)
		if first == nil {
			first = got
		}
		for name, values := range first {
			if !slices.Equal(values, got[name]) {
				t.Errorf("%s: %s differs", cell.Name, name)
			}
		}
	}
	base.Seed++
	if slices.Equal(
		first["blocks.0.mlp.fc1.weight"], initialEncoder(t, base)["blocks.0.mlp.fc1.weight"],
	) {
		t.Error("another seed gives the same encoder")
	}
}

// initialEncoder builds a step and returns the encoder's trained parameters.
func initialEncoder(t *testing.T, c recipe.Pretrain) map[string][]float32 {
	e := portable.New(1)
	defer e.Close()
	params := nn.NewParams(e, kernel.F32, c.Seed)
	g := method.Graph{Method: method.Of(c), Recipe: c.At(28), Batch: 2}
	s, err := g.Compile(comm.Single(e), params, kernel.F32)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	values := map[string][]float32{}
	for _, p := range params.All() {
		if p.Role == nn.Trained && !strings.HasPrefix(p.Name, "decoder_") &&
			p.Name != "mask_token" &&
			!strings.HasPrefix(p.Name, "projector.") && !strings.HasPrefix(p.Name, "location.") {
			values[p.Name] = kernel.Read[float32](e, p.Value)
		}
	}
	return values
}

// TestCellsSeeTheSameImages: MAE reads one view and CMAE two; the first is the same, in the same
// order and under the same mask.
func TestCellsSeeTheSameImages(t *testing.T) {
	c := tiny(t)
	data, err := dataset.OpenWithConsole(context.Background(), c.Data, c.Seed, nil)
	if err != nil {
		t.Fatal(err)
	}
	var query, noise [2][]float32
	var order [2][]uint32
	for i, mode := range []loader.Mode{loader.OneView, loader.TwoViews} {
		l, err := loader.New(data.Train, loader.Options{
			Mode: mode, Seed: c.Seed, Batch: 10, Side: 28, Patches: 16, Augment: c.Augment,
			Config: c.Loader,
		})
		if err != nil {
			t.Fatal(err)
		}
		stream := l.Start(context.Background(), 1, 0, nil)
		for range 3 {
			b, err := stream.Next()
			if err != nil {
				t.Fatal(err)
			}
			query[i], noise[i] = append(query[i], b.Query...), append(noise[i], b.NoiseQuery...)
			for _, image := range b.Indices {
				order[i] = append(order[i], uint32(image))
			}
			b.Release()
		}
		stream.Close()
	}
	if !slices.Equal(order[0], order[1]) || !slices.Equal(noise[0], noise[1]) ||
		!slices.Equal(query[0], query[1]) {
		t.Error("with and without contrast, the query view differs")
	}
}
