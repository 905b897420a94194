package contrastivecrop

import (
	"math"
	"testing"

	"cmae/internal/rng"
)

var shape = Shape{AreaMin: .2, AreaMax: 1, RatioMin: 3. / 4, RatioMax: 4. / 3, Alpha: .6}

func TestSampleStaysInside(t *testing.T) {
	r := rng.For(1, rng.Synthetic)
	boxes := []Box{Full, Centre, {0, 0, 0, 0}, {.9, .9, 1, 1}, {.98, 0, .98, .98}, {.3, .4, .3, .4}}
	for _, size := range [][2]int{
		{1, 1}, {1, 7}, {3000, 2}, {2, 3000}, {32, 32}, {64, 48}, {500, 375},
	} {
		for _, box := range boxes {
			for range 300 {
				c := Sample(r, size[0], size[1], box, shape)
				if c.Width < 1 || c.Height < 1 || c.Left < 0 || c.Top < 0 ||
					c.Left+c.Width > size[0] || c.Top+c.Height > size[1] {
					t.Fatalf("crop %+v of a %dx%d image, box %v", c, size[0], size[1], box)
				}
			}
		}
	}
}

// A thin image fits none of the shapes: the central crop of extreme ratio, by torchvision's rule.
func TestSampleFallsBackToCentre(t *testing.T) {
	r := rng.For(2, rng.Synthetic)
	for _, c := range []struct {
		w, h int
		want Rect
	}{{3000, 2, Rect{1498, 0, 3, 2}}, {2, 3000, Rect{0, 1498, 2, 3}}, {1, 1, Rect{0, 0, 1, 1}}} {
		if got := Sample(r, c.w, c.h, Box{.1, .1, .2, .2}, shape); got != c.want {
			t.Errorf("%dx%d: %+v, want %+v", c.w, c.h, got, c.want)
		}
	}
}

func TestSampleCentresInBox(t *testing.T) {
	r := rng.For(3, rng.Synthetic)
	box := Box{.25, .5, .5, .75}
	small := Shape{AreaMin: .04, AreaMax: .09, RatioMin: 1, RatioMax: 1, Alpha: .6}
	for range 2000 {
		c := Sample(r, 200, 100, box, small)
		x, y := float64(c.Left+c.Width/2)/200, float64(c.Top+c.Height/2)/100
		if x < .5 || x > .75 || y < .25 || y > .5 {
			t.Fatalf("crop %+v has its centre at %.3f %.3f, outside %v", c, x, y, box)
		}
	}
}

// Area and ratio of accepted crops of a large square image: ratios within the range, log-symmetric;
// areas uniform but for the largest, which fit less often.
func TestSampleShape(t *testing.T) {
	r := rng.For(4, rng.Synthetic)
	const n = 20000
	var logs, below float64
	for range n {
		c := Sample(r, 1000, 1000, Full, shape)
		ratio := float64(c.Width) / float64(c.Height)
		if ratio < .745 || ratio > 1.341 {
			t.Fatalf("ratio %v", ratio)
		}
		logs += math.Log(ratio) / n
		if c.Width*c.Height < 480000 {
			below += 1. / n
		}
	}
	if math.Abs(logs) > .005 { // sd of the mean .0011
		t.Errorf("mean log ratio %v, want 0", logs)
	}
	// .35 if all fitted, but 16.4 % of first tries do not, all of them large; five sd
	if math.Abs(below-.4185) > .0175 {
		t.Errorf("share of crops below area .48: %v", below)
	}
}

func TestUniformPositions(t *testing.T) {
	r := rng.For(5, rng.Synthetic)
	plain := Shape{AreaMin: .25, AreaMax: .25, RatioMin: 1, RatioMax: 1, Alpha: 1}
	var seen [5]int
	for range 10000 {
		seen[Sample(r, 8, 8, Full, plain).Left]++
	}
	for left, n := range seen {
		if n < 1800 || n > 2200 { // five sd of a binomial around 2000
			t.Errorf("left edge %d drawn %d times of 10000, want about 2000", left, n)
		}
	}
}

func TestSampleIsRepeatable(t *testing.T) {
	a := Sample(rng.For(1, rng.QueryView, 3, 9), 64, 64, Centre, shape)
	if b := Sample(rng.For(1, rng.QueryView, 3, 9), 64, 64, Centre, shape); a != b {
		t.Errorf("%+v, then %+v", a, b)
	}
}

func BenchmarkSample(b *testing.B) {
	r := rng.For(1, rng.Synthetic)
	for b.Loop() {
		Sample(r, 64, 64, Centre, shape)
	}
}
