package contrastivecrop

import (
	"math"
	"testing"

	"cmae/internal/rng"
)

func TestHeatMap(t *testing.T) {
	raw := []float32{3, 1, 5, 2}
	heat := make([]float32, 4)
	if !HeatMap(raw, heat) {
		t.Fatal("a plain map was refused")
	}
	for i, want := range []float32{.5, 0, 1, .25} {
		if heat[i] != want {
			t.Errorf("heat[%d] = %v, want %v", i, heat[i], want)
		}
	}
	if raw[0] != 3 || raw[3] != 2 {
		t.Error("the raw map was changed")
	}
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for name, bad := range map[string][]float32{
		"empty": {}, "constant": {2, 2, 2, 2}, "nan": {1, nan, 2, 3}, "first nan": {nan, 1, 2, 3},
		"infinite": {1, inf, 2, 3}, "overflowing": {-math.MaxFloat32, math.MaxFloat32, 0, 0},
	} {
		if HeatMap(bad, make([]float32, 4)) {
			t.Errorf("%s map was accepted", name)
		}
	}
}

// The boxes were worked out by hand: with 2 cells on 4 pixels the weights are 0, 1/4, 3/4, 1.
func TestBoxAbove(t *testing.T) {
	for _, c := range []struct {
		name       string
		heat       []float32
		grid, side int
		k          float64
		want       Box
		ok         bool
	}{
		{"one hot corner", []float32{1, 0, 0, 0}, 2, 4, .5, Box{0, 0, .25, .25}, true},
		{"right column", []float32{0, 1, 0, 1}, 2, 4, .5, Box{0, .5, .75, .75}, true},
		{
			"low threshold takes all that is touched", []float32{1, 0, 0, 0}, 2, 4, .01,
			Box{0, 0, .5, .5}, true,
		},
		{"diagonal", []float32{1, 0, 0, 1}, 2, 4, .5, Box{0, 0, .75, .75}, true},
		{
			"no enlargement", []float32{0, 0, 0, 0, 1, 0, 0, 0, 0}, 3, 3, .5,
			Box{1. / 3, 1. / 3, 1. / 3, 1. / 3}, true,
		},
		{"equal to k is not above it", []float32{.5, 0, 0, 0}, 2, 2, .5, Full, false},
		{"one cell", []float32{1}, 1, 4, .5, Box{0, 0, .75, .75}, true},
		{"cold", make([]float32, 4), 2, 4, 0, Full, false},
	} {
		if got, ok := BoxAbove(c.heat, c.grid, c.side, c.k); got != c.want || ok != c.ok {
			t.Errorf("%s: %v %v, want %v %v", c.name, got, ok, c.want, c.ok)
		}
	}
}

// naive is the rule of the specification in float64, pixel by pixel.
func naive(heat []float32, grid, side int, k float64) (box Box, ok bool) {
	at := func(v int) (int, int, float64) {
		p := math.Max((float64(v)+.5)*float64(grid)/float64(side)-.5, 0)
		return int(p), min(int(p)+1, grid-1), p - math.Floor(p)
	}
	top, left, bottom, right := side, side, -1, -1
	for y := range side {
		for x := range side {
			y0, y1, fy := at(y)
			x0, x1, fx := at(x)
			cell := func(y, x int) float64 { return float64(heat[y*grid+x]) }
			v := (1-fy)*((1-fx)*cell(y0, x0)+fx*cell(y0, x1)) +
				fy*((1-fx)*cell(y1, x0)+fx*cell(y1, x1))
			if v > k {
				top, left, bottom, right = min(top, y), min(left, x), max(bottom, y), max(right, x)
			}
		}
	}
	if bottom < 0 {
		return Full, false
	}
	f := func(v int) float32 { return float32(v) / float32(side) }
	return Box{f(top), f(left), f(bottom), f(right)}, true
}

func TestBoxAboveEqualsNaive(t *testing.T) {
	r := rng.For(1, rng.Synthetic)
	for _, size := range [][2]int{{4, 16}, {8, 64}, {7, 56}, {14, 224}, {5, 5}, {6, 30}} {
		for range 20 {
			heat := make([]float32, size[0]*size[0])
			for i := range heat {
				heat[i] = r.Float32()
			}
			k := .3 + .65*r.Float64()
			got, ok := BoxAbove(heat, size[0], size[1], k)
			want, wantOK := naive(heat, size[0], size[1], k)
			if got != want || ok != wantOK {
				t.Errorf("grid %d side %d k %.3f: %v, want %v", size[0], size[1], k, got, want)
			}
		}
	}
}

func TestBoxesRefresh(t *testing.T) {
	boxes := NewBoxes(3, 4, Attention, nil)
	before := boxes.Lookup()
	if before(2) != Full {
		t.Errorf("initial box %v, want the whole image", before(2))
	}
	r := boxes.Refresh(Config{Threshold: .5})
	r.Put(0, []float32{7, -1, -1, -1})
	r.Put(1, []float32{2, 2, 2, 2})
	if boxes.Lookup()(0) != Full {
		t.Error("the boxes changed before Commit")
	}
	got := r.Commit()
	// Box 0 is [0,0,1/4,1/4], which are 2 x 2 of 4 x 4 pixels: area 1/4, and two of its edges moved
	// by 1/2.
	if want := (Stats{
		MeanArea: (2 + 1./4) / 3, FullShare: 2. / 3, Movement: .25 / 3, Degenerate: 1,
	}); got != want {
		t.Errorf("stats %+v, want %+v", got, want)
	}
	if before(0) != Full || boxes.Lookup()(0) == Full {
		t.Error("a lookup must keep the boxes of its time, a new one the new boxes")
	}
	again := NewBoxes(3, 4, Attention, nil)
	if err := again.Restore(boxes.Floats()); err != nil || again.Lookup()(0) != boxes.Lookup()(0) {
		t.Errorf("restored box %v (%v), want %v", again.Lookup()(0), err, boxes.Lookup()(0))
	}
	for _, bad := range [][]float32{
		make([]float32, 8), {0, 0, 1, 1, 0, 0, 2, 1, 0, 0, 1, 1},
		{0, 0, 1, 1, .5, 0, .4, 1, 0, 0, float32(math.NaN()), 1},
	} {
		if again.Restore(bad) == nil {
			t.Errorf("restored %v", bad)
		}
	}
	if again.Lookup()(0) != boxes.Lookup()(0) {
		t.Error("a refused restore changed the boxes")
	}
	if NewBoxes(1, 4, Constant, nil).Lookup()(0) != Centre {
		t.Error("the constant source starts from the whole image")
	}
}

// TestArea counts pixels: those of the box's first and last row and column are part of it.
func TestArea(t *testing.T) {
	for _, c := range []struct {
		name          string
		box           Box
		width, height int
		pixels        float64
	}{
		{"whole", Full, 8, 8, 64},
		{"to the last pixel", Box{0, 0, .875, .875}, 8, 8, 64},
		{"one pixel", Box{.5, .25, .5, .25}, 8, 8, 1},
		{"3 rows of 5", Box{.25, 0, .5, .5}, 8, 8, 15},
		{"not square", Box{.5, .5, .75, .75}, 8, 4, 2 * 3},
	} {
		if got := c.box.Area(c.width, c.height) * float64(c.width*c.height); got != c.pixels {
			t.Errorf("%s: %v pixels, want %v", c.name, got, c.pixels)
		}
	}
}

func TestWholeMapIsFull(t *testing.T) {
	boxes := NewBoxes(1, 64, Attention, nil)
	r := boxes.Refresh(Config{Threshold: .1})
	r.Put(0, []float32{1, .9, .8, .9, .8, .9, .9, .8, 0})
	if got := r.Commit(); got.FullShare != 1 || got.MeanArea != 1 {
		t.Errorf("a box reaching every side counts as %+v", got)
	}
}
