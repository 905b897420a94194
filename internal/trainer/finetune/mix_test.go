package finetune

import (
	"math"
	"slices"
	"testing"

	"cmae/internal/recipe"
	"cmae/internal/rng"
)

// TestMixDraws: the seed decides, both kinds occur as often as asked, lambda has the moments of
// Beta(alpha, alpha).
func TestMixDraws(t *testing.T) {
	const rounds, side = 4000, 64
	for _, c := range []struct {
		name           string
		config         recipe.Mix
		cut, none      float64 // shares
		mean, variance float64 // of lambda of mixup
	}{
		{
			"published", recipe.Mix{Mixup: .8, Cutmix: 1, Prob: 1, SwitchProb: .5}, .5, 0, .5,
			1 / (4 * 2.6),
		},
		{"mixup only", recipe.Mix{Mixup: 2, Prob: 1, SwitchProb: .5}, 0, 0, .5, 1. / 20},
		// lambda is 0 or 1 almost always
		{"mixup of small alpha", recipe.Mix{Mixup: 1e-3, Prob: 1}, 0, .5, 0, 0},
		{"cutmix only", recipe.Mix{Cutmix: 1, Prob: 1}, 1, 0, 0, 0},
		{"rarely", recipe.Mix{Mixup: .8, Cutmix: 1, Prob: .25, SwitchProb: 1}, .25, .75, 0, 0},
		{"off", recipe.Mix{Prob: 1}, 0, 1, 0, 0},
	} {
		cut, none, faded, sum, squares := 0., 0., 0., 0., 0.
		for step := range uint64(rounds) {
			m := draw(c.config, rng.For(1, rng.Mix, step), side)
			if m != draw(c.config, rng.For(1, rng.Mix, step), side) {
				t.Fatalf("%s: the same step mixes differently", c.name)
			}
			if !(m.lambda >= 0 && m.lambda <= 1) {
				t.Fatalf("%s: lambda is %g", c.name, m.lambda)
			}
			switch {
			case m.cut:
				cut++
			case m.lambda == 1:
				none++
			default:
				faded++
				sum += m.lambda
				squares += m.lambda * m.lambda
			}
			if area := (m.bottom - m.top) * (m.right - m.left); m.cut &&
				math.Abs(1-float64(area)/(side*side)-m.lambda) > 1e-12 {
				t.Fatalf("%s: lambda %g with a box of %d pixels", c.name, m.lambda, area)
			}
		}
		// four deviations of a coin
		if math.Abs(cut/rounds-c.cut) > .03 || math.Abs(none/rounds-c.none) > .03 {
			t.Errorf(
				"%s: %.3f cut, %.3f left alone, want %g and %g", c.name, cut/rounds, none/rounds,
				c.cut, c.none,
			)
		}
		if faded > 0 && c.mean > 0 {
			mean := sum / faded
			if variance := squares/faded - mean*mean; math.Abs(mean-c.mean) > .03 ||
				math.Abs(variance-c.variance) > .01 {
				t.Errorf(
					"%s: lambda of mean %.3f and variance %.4f, want %.3f and %.4f", c.name, mean,
					variance, c.mean, c.variance,
				)
			}
		}
	}
}

// TestMixImages compares with the definition: image i and image B-1-i of the batch as it was.
func TestMixImages(t *testing.T) {
	const batch, side = 5, 4
	for name, m := range map[string]mix{
		"mixup": {lambda: .3}, "cutmix": {
			cut: true, lambda: .5, left: 1, right: 3, top: 0, bottom: 4,
		}, "none": {lambda: 1},
	} {
		pixels := make([]float32, batch*3*side*side)
		for i := range pixels {
			pixels[i] = float32(i)
		}
		before := slices.Clone(pixels)
		m.images(pixels, batch, side)
		n := len(pixels) / batch
		for i, got := range pixels {
			own, other := before[i], before[(batch-1-i/n)*n+i%n]
			want := float32(m.lambda)*own + float32(1-m.lambda)*other
			if m.cut {
				x, y := i%side, i/side%side
				want = own
				if x >= m.left && x < m.right && y >= m.top && y < m.bottom {
					want = other
				}
			}
			if math.Abs(float64(got-want)) > 1e-4 { // values up to 240 in float32
				t.Fatalf("%s: value %d is %g, want %g", name, i, got, want)
			}
		}
	}
}

func TestMixTargets(t *testing.T) {
	got := make([]float32, 3*4)
	mix{lambda: .75}.targets(got, []int32{0, 2, 3}, .2, nil)
	want := []float32{.65, .05, .05, .25, .05, .05, .85, .05, .25, .05, .05, .65}
	for i := range want {
		if math.Abs(float64(got[i]-want[i])) > 1e-6 {
			t.Fatalf("got %v, want %v", got, want)
		}
	}
	mix{lambda: 1}.targets(got, []int32{0, 2, 3}, 0, []float32{2, 1, .5, 0})
	want = []float32{2, 0, 0, 0, 0, 0, .5, 0, 0, 0, 0, 0}
	if !slices.Equal(got, want) {
		t.Errorf("weighted: got %v, want %v", got, want)
	}
}
