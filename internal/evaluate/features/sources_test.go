package features

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"cmae/internal/comm"
	"cmae/internal/contrastivecrop"
	"cmae/internal/graph/nn"
	"cmae/internal/kernel"
	"cmae/internal/kernel/portable"
	"cmae/internal/model"
)

// TestSources: an object of four patches in the middle of a ground of twelve is hotter than all of
// the ground, whatever the map is made of.
func TestSources(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	object, ground := unit([]float32{1, 0, 0, .1}), unit([]float32{0, 1, .3, 0})
	isObject := func(i int) bool { return slices.Contains([]int{5, 6, 9, 10}, i) }
	patches := func() (all [][]float64) {
		for i := range 16 {
			of := slices.Clone(ground)
			if isObject(i) {
				of = slices.Clone(object)
			}
			for j := range of {
				of[j] += .01 * r.NormFloat64()
			}
			all = append(all, of)
		}
		return all
	}
	for name, heat := range map[string]func([]float64, [][]float64) []float64{
		"similarity": similarity, "distinct": distinct, "component": component,
	} {
		got := heat(object, patches())
		coldest, hottest := math.Inf(1), math.Inf(-1)
		for i, v := range got {
			if isObject(i) {
				coldest = min(coldest, v)
			} else {
				hottest = max(hottest, v)
			}
		}
		if coldest <= hottest {
			t.Errorf("%s: %v of the object, %v of the ground", name, coldest, hottest)
		}
	}
	same := [][]float64{{1, 2}, {1, 2}, {1, 2}, {1, 2}}
	for _, v := range component(nil, same) {
		if v != 0 {
			t.Errorf("patches that are equal have the component %v", v)
		}
	}
}

// TestRollout holds the row that is followed down against the product of whole matrices, and the
// map of one head against the heads' mean.
func TestRollout(t *testing.T) {
	const side, batch, depth, heads, tokens = 8, 2, 3, 2, 5
	e := portable.New(1)
	t.Cleanup(func() { e.Close() })
	x := mustCompile(t, comm.Single(e), nn.NewParams(e, kernel.F32, 1), Config{
		Encoder: model.EncoderConfig{
			Size: "micro", PatchSize: 4, MLPRatio: 2, Dim: 8, Depth: depth, Heads: heads,
		},
		Side: side, Batch: batch, ComputeType: kernel.F32, Maps: true, Rollout: true,
	})
	images, r := make([]float32, batch*3*side*side), rand.New(rand.NewPCG(1, 2))
	for i := range images {
		images[i] = float32(r.NormFloat64())
	}
	if err := x.Run(images); err != nil {
		t.Fatal(err)
	}
	heat := x.RawHeat(contrastivecrop.Config{Source: contrastivecrop.Rollout})
	for image := range batch {
		var product [tokens][tokens]float64
		for i := range tokens {
			product[i][i] = 1
		}
		for block := range depth {
			maps := x.read(softmaxOf(block, depth))
			var next [tokens][tokens]float64
			for i := range tokens {
				for j := range tokens {
					next[i][j] = product[i][j] / 2
					for k := range tokens {
						for h := range heads {
							at := ((image*heads+h)*tokens+i)*tokens + k
							next[i][j] += float64(maps[at]) * product[k][j] / (2 * heads)
						}
					}
				}
			}
			product = next
		}
		for j := 1; j < tokens; j++ {
			if got := heat[image*(tokens-1)+j-1]; math.Abs(float64(got)-product[0][j]) > 1e-6 {
				t.Errorf("image %d, patch %d: %v, want %v", image, j-1, got, product[0][j])
			}
		}
	}
	of := func(head int) []float32 {
		return x.RawHeat(contrastivecrop.Config{Source: contrastivecrop.Attention, Head: head})
	}
	mean, first, second := of(0), of(1), of(2)
	for i := range mean {
		if d := mean[i] - (first[i]+second[i])/2; math.Abs(float64(d)) > 1e-6 {
			t.Errorf("heads %v and %v have the mean %v", first[i], second[i], mean[i])
		}
	}
}
