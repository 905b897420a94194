package augment

import (
	"math"
	"testing"

	"cmae/internal/rng"
)

// throughHSV is the textbook way to turn a hue: to HSV, add, and back by sectors.
func throughHSV(r, g, b, turn float64) (float64, float64, float64) {
	v, low := max(r, g, b), min(r, g, b)
	d := v - low
	if d == 0 {
		return r, g, b
	}
	var h float64
	switch v {
	case r:
		h = math.Mod((g-b)/d+6, 6)
	case g:
		h = (b-r)/d + 2
	default:
		h = (r-g)/d + 4
	}
	h = math.Mod(h+6*turn+6, 6)
	s, f := d/v, h-math.Floor(h)
	p, q, u := v*(1-s), v*(1-s*f), v*(1-s*(1-f))
	return []float64{v, q, p, p, u, v}[int(h)], []float64{u, v, v, q, p, p}[int(h)], []float64{p, p, u, v, v, q}[int(h)]
}

func TestTurnHue(t *testing.T) {
	r := rng.For(1, rng.Synthetic)
	levels := []float32{0, .25, .5, 1}
	for n := range 5000 {
		red, green, blue := r.Float32(), r.Float32(), r.Float32()
		if n%2 == 0 { // ties and pure colours
			red, green, blue = levels[r.IntN(4)], levels[r.IntN(4)], levels[r.IntN(4)]
		}
		turn := r.Float32() - .5
		x, y, z := []float32{red}, []float32{green}, []float32{blue}
		turnHue(x, y, z, turn)
		wantR, wantG, wantB := throughHSV(
			float64(red), float64(green), float64(blue), float64(turn),
		)
		if worst := max(
			math.Abs(float64(x[0])-wantR), math.Abs(float64(y[0])-wantG),
			math.Abs(float64(z[0])-wantB),
		); worst > 2e-6 {
			t.Fatalf(
				"(%v %v %v) turned by %v: (%v %v %v), want (%v %v %v)", red, green, blue, turn,
				x[0], y[0], z[0], wantR, wantG, wantB,
			)
		}
	}
}

// Values worked out by hand from torchvision's definitions.
func TestColourChanges(t *testing.T) {
	near := func(name string, got []float32, want ...float32) {
		t.Helper()
		for i := range want {
			if math.Abs(float64(got[i]-want[i])) > 1e-6 {
				t.Errorf("%s: %v, want %v", name, got, want)
				return
			}
		}
	}
	view := []float32{.2, .8, .4, .6, 1, .1} // two pixels
	blendWith(view, 1.5, 0)
	near("brightness", view, .3, 1, .6, .9, 1, .15)

	view = []float32{.2, .8, .2, .8, .2, .8}
	level := meanGray(split(view))
	near("mean gray", []float32{level}, .5)
	blendWith(view, .5, level)
	near("contrast", view, .35, .65, .35, .65, .35, .65)

	view = []float32{1, 0, 0, 0, 0, 1}
	red, green, blue := split(view)
	saturate(red, green, blue, .5)
	near("saturation", view, .6495, .057, .1495, .057, .1495, .557)

	gray(red, green, blue)
	near("gray", view, .299, .114, .299, .114, .299, .114) // saturation keeps a pixel's gray
}

func TestClamp(t *testing.T) {
	for in, want := range map[float32]float32{
		-3: 0, -1e-30: 0, 0: 0, .3: .3, 1: 1, 1.0000001: 1, float32(math.Inf(1)): 1,
		float32(math.Inf(-1)): 0,
	} {
		if got := clamp(in); got != want {
			t.Errorf("clamp(%v) = %v, want %v", in, got, want)
		}
	}
}

// Jitter of a mid-gray image with only brightness on: factors uniform in .6 to 1.4, mean 1; sd of
// the mean .0037.
func TestJitterStrength(t *testing.T) {
	cfg := plain()
	cfg.Brightness = .4
	w := NewWorkspace(cfg, 1)
	r := rng.For(2, rng.Synthetic)
	mean, low, high := 0., 1., 0.
	for range 4000 {
		view := []float32{.5, .5, .5}
		w.jitter(view, r)
		f := float64(view[0]) / .5
		mean, low, high = mean+f/4000, min(low, f), max(high, f)
	}
	if math.Abs(mean-1) > .0185 || low < .6-1e-6 || low > .61 || high > 1.4+1e-6 || high < 1.39 {
		t.Errorf("brightness factors: mean %v, from %v to %v; want 1, .6, 1.4", mean, low, high)
	}
}

// The blur of a point is the outer product of the kernel; constants stay, borders included.
func TestBlur(t *testing.T) {
	const side = 21
	w := NewWorkspace(plain(), side)
	for _, sigma := range []float64{.1, .7, 2} {
		view := make([]float32, 3*side*side)
		point, flat := view[:side*side], view[2*side*side:]
		point[10*side+10] = 1
		for i := range flat {
			flat[i] = .7
		}
		w.blur(view, sigma)
		norm := 0.
		for d := -6; d <= 6; d++ {
			if math.Abs(float64(d)) <= math.Ceil(3*sigma) {
				norm += math.Exp(-float64(d*d) / (2 * sigma * sigma))
			}
		}
		for _, at := range [][2]int{{0, 0}, {1, 0}, {0, 1}, {1, 1}, {3, 2}} {
			want := math.Exp(-float64(at[0]*at[0]+at[1]*at[1])/(2*sigma*sigma)) / (norm * norm)
			if float64(max(at[0], at[1])) > math.Ceil(3*sigma) {
				want = 0
			}
			if got := float64(point[(10+at[0])*side+10+at[1]]); math.Abs(got-want) > 1e-6 {
				t.Errorf("sigma %v at %v: %v, want %v", sigma, at, got, want)
			}
		}
		for i, v := range flat {
			if math.Abs(float64(v)-.7) > 1e-6 {
				t.Fatalf("sigma %v: a constant became %v at %d", sigma, v, i)
			}
		}
	}
}
