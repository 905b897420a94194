package augment

import (
	"encoding/hex"
	"encoding/json"
	"math"
	"os"
	"slices"
	"testing"

	"cmae/internal/config"
	"cmae/internal/contrastivecrop"
	"cmae/internal/rng"
)

// TestRandAugmentOperations holds every operation against Pillow's result on a small image, in
// testdata/randaugment.json. Interpolated and blended values may differ by 1: both sides truncate
// what other roundings lead to.
func TestRandAugmentOperations(t *testing.T) {
	text, err := os.ReadFile("testdata/randaugment.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden struct {
		Side    int
		Image   string
		Results map[string]string
	}
	if err := json.Unmarshal(text, &golden); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		tolerance int
		do        func(c *canvas)
	}{
		"AutoContrast":    {0, (*canvas).autoContrast},
		"Invert":          {0, func(c *canvas) { c.point(func(v int) int { return 255 - v }) }},
		"Rotate 23":       {1, func(c *canvas) { c.rotate(23) }},
		"Rotate -27":      {1, func(c *canvas) { c.rotate(-27) }},
		"Posterize 1":     {0, func(c *canvas) { c.posterize(1) }},
		"Posterize 3":     {0, func(c *canvas) { c.posterize(3) }},
		"Solarize 26":     {0, func(c *canvas) { c.solarize(26) }},
		"Solarize 128":    {0, func(c *canvas) { c.solarize(128) }},
		"SolarizeAdd 99":  {0, func(c *canvas) { c.solarizeAdd(99) }},
		"Color 0.19":      {1, func(c *canvas) { c.colour(.19) }},
		"Color 1.81":      {1, func(c *canvas) { c.colour(1.81) }},
		"Contrast 0.19":   {1, func(c *canvas) { c.contrast(.19) }},
		"Contrast 1.81":   {1, func(c *canvas) { c.contrast(1.81) }},
		"Brightness 0.19": {1, func(c *canvas) { c.brightness(.19) }},
		"Brightness 1.81": {1, func(c *canvas) { c.brightness(1.81) }},
		"Sharpness 0.19":  {1, func(c *canvas) { c.sharpness(.19) }},
		"Sharpness 1.81":  {1, func(c *canvas) { c.sharpness(1.81) }},
		"ShearX 0.27":     {1, func(c *canvas) { c.affine(affine{1, .27, 0, 0, 1, 0}) }},
		"ShearY -0.27":    {1, func(c *canvas) { c.affine(affine{1, 0, 0, -.27, 1, 0}) }},
		"TranslateX -2.8": {1, func(c *canvas) { c.affine(affine{1, 0, -2.8, 0, 1, 0}) }},
		"TranslateY 2.8":  {1, func(c *canvas) { c.affine(affine{1, 0, 0, 0, 1, 2.8}) }},
		"Equalize":        {0, (*canvas).equalize},
	}
	for name, result := range golden.Results {
		test, ok := tests[name]
		if !ok {
			t.Errorf("%s is not tested", name)
			continue
		}
		image, want := pixels(t, golden.Image), pixels(t, result)
		c := &canvas{side: golden.Side, pix: image, fill: []uint8{124, 116, 104}}
		// of the image repeated six times in both directions: it needs some hundreds of pixels
		if name == "Equalize" {
			c.side, c.pix = 6*golden.Side, tiled(image, golden.Side, 6)
		}
		c.spare = make([]uint8, len(c.pix))
		test.do(c)
		for i, v := range want {
			at := i/(3*golden.Side)*3*c.side + i%(3*golden.Side)
			if d := int(c.pix[at]) - int(v); d > test.tolerance || -d > test.tolerance {
				t.Errorf("%s: value %d is %d, want %d", name, i, c.pix[at], v)
				break
			}
		}
	}
	if len(golden.Results) != len(tests) {
		t.Errorf("%d results for %d tests", len(golden.Results), len(tests))
	}
}

func pixels(t *testing.T, text string) []uint8 {
	pix, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return pix
}

func tiled(pix []uint8, side, n int) (big []uint8) {
	for y := range side * n {
		row := pix[y%side*side*3:][:side*3]
		big = append(big, slices.Repeat(row, n)...)
	}
	return big
}

// TestRandAugment: every operation takes every level on any picture, the same stream gives the same
// picture, another one another.
func TestRandAugment(t *testing.T) {
	const side = 9
	view := make([]float32, 3*side*side)
	for _, flat := range []bool{false, true} {
		r := rng.For(1, rng.Synthetic)
		for i := range view {
			if !flat {
				view[i] = r.Float32()
			}
		}
		for _, o := range operations {
			for _, level := range []float64{0, 3.3, mostLevel} {
				c := &canvas{}
				c.load(view, side, []float64{.5, .5, .5})
				o.do(c, level, r)
				if len(c.pix) != len(view) {
					t.Errorf("%s at %g: %d values", o.name, level, len(c.pix))
				}
			}
		}
	}
	img := Image{Width: 12, Height: 10, Pix: make([]uint8, 360)}
	r := rng.For(2, rng.Synthetic)
	for i := range img.Pix {
		img.Pix[i] = uint8(r.IntN(256))
	}
	s := DefaultSupervised()
	s.RandOps = 8
	views := map[uint64][]float32{}
	for _, seed := range []uint64{1, 2, 1} {
		w := NewWorkspace(s.Views(), side)
		got := make([]float32, len(view))
		w.Labelled(
			got, img, contrastivecrop.Rect{Width: 12, Height: 10}, s, rng.For(seed, rng.Probe),
		)
		if before, ok := views[seed]; ok && !slices.Equal(before, got) {
			t.Error("the same seed gives another view")
		}
		views[seed] = got
	}
	if slices.Equal(views[1], views[2]) {
		t.Error("two seeds give one view")
	}
}

// TestLabelledWithoutExtras is the plain crop and flip of the query view.
func TestLabelledWithoutExtras(t *testing.T) {
	s := DefaultSupervised()
	s.RandOps, s.EraseProb = 0, 0
	img := Image{Width: 8, Height: 8, Pix: make([]uint8, 192)}
	for i := range img.Pix {
		img.Pix[i] = uint8(i)
	}
	w := NewWorkspace(s.Views(), 8)
	got, want := make([]float32, 192), make([]float32, 192)
	crop := contrastivecrop.Rect{Left: 1, Top: 2, Width: 5, Height: 4}
	w.Labelled(got, img, crop, s, rng.For(1, rng.Probe))
	w.Query(want, img, crop, rng.For(1, rng.Probe))
	if !slices.Equal(got, want) {
		t.Error("it differs from the query view")
	}
}

// TestErase: the share of erased values is that of the rectangles, what is outside them stays, and
// the noise is normal.
func TestErase(t *testing.T) {
	const side, rounds = 40, 300
	const untouched = 100
	erased, sum, squares := 0., 0., 0.
	r := rng.For(1, rng.Synthetic)
	for range rounds {
		view := make([]float32, 3*side*side)
		for i := range view {
			view[i] = untouched
		}
		erase(view, side, r)
		n := 0.
		for _, v := range view {
			if v != untouched {
				n++
				sum += float64(v)
				squares += float64(v) * float64(v)
			}
		}
		// 2 % to a third, sides rounded
		if share := n / float64(len(view)); share < .01 || share > .37 {
			t.Errorf("%.3f of the area erased", share)
		}
		erased += n
	}
	mean := erased / rounds / (3 * side * side)
	// half of .02 and 1/3, less the few long rectangles that do not fit; deviation .005
	if mean < .15 || mean > .19 {
		t.Errorf("a mean of %.3f of the area erased", mean)
	}
	if m, v := sum/erased, squares/erased; math.Abs(m) > .02 || math.Abs(v-1) > .02 {
		t.Errorf("noise of mean %.3f, variance %.3f", m, v)
	}
}

func TestSupervisedValidate(t *testing.T) {
	if err := config.Check("augment", DefaultSupervised()); err != nil {
		t.Fatal(err)
	}
	for _, change := range []func(*Supervised){
		func(c *Supervised) { c.ScaleMin = 0 }, func(c *Supervised) { c.RandOps = -1 }, func(c *Supervised) { c.RandMagnitude = 11 },
		func(c *Supervised) { c.RandSD = math.NaN() }, func(c *Supervised) { c.EraseProb = 1.1 },
	} {
		c := DefaultSupervised()
		change(&c)
		if config.Check("augment", c) == nil {
			t.Errorf("%+v was accepted", c)
		}
	}
}
