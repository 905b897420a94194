package augment

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"cmae/internal/config"
	"cmae/internal/contrastivecrop"
	"cmae/internal/rng"
)

func TestViewsStayInRange(t *testing.T) {
	cfg := Default()
	cfg.Mean, cfg.Std = []float64{0, 0, 0}, []float64{1, 1, 1}
	for _, side := range []int{1, 16, 80} {
		w := NewWorkspace(cfg, side)
		dst := make([]float32, 3*side*side)
		for n := range 40 {
			img := noise(1+n*3%70, 1+n*7%50)
			before := slices.Clone(img.Pix)
			key(w, dst, img, n)
			for i, v := range dst {
				if !(v >= 0 && v <= 1) {
					t.Fatalf(
						"side %d, image %dx%d: value %d is %v", side, img.Width, img.Height, i, v,
					)
				}
			}
			if !slices.Equal(img.Pix, before) {
				t.Fatal("the image was changed")
			}
		}
	}
}

// A workspace must not carry anything from view to view: same stream, same view, whatever came
// before.
func TestViewsAreRepeatable(t *testing.T) {
	img := noise(50, 40)
	fresh, used := make([]float32, 3*72*72), make([]float32, 3*72*72)
	busy := NewWorkspace(Default(), 72)
	for n := range 10 {
		key(NewWorkspace(Default(), 72), fresh, img, n)
		query(busy, used, noise(200, 90), n)
		key(busy, used, img, n)
		if !slices.Equal(fresh, used) {
			t.Fatalf("view %d depends on the workspace's past", n)
		}
	}
}

// TestUncroppedKeepsFractions: boxes are fractions of the image, so an object must lie at the same
// ones in the view, also beyond the central square.
func TestUncroppedKeepsFractions(t *testing.T) {
	img := Image{Width: 200, Height: 100, Pix: make([]uint8, 3*200*100)}
	for y := 25; y < 50; y++ {
		for x := 150; x < 175; x++ {
			copy(img.Pix[3*(200*y+x):], []uint8{255, 255, 255})
		}
	}
	const side = 64
	dst := make([]float32, 3*side*side)
	NewWorkspace(plain(), side).Uncropped(dst, img)
	for i, v := range dst[:side*side] {
		y, x := i/side, i%side
		want := float32(0)
		if y >= 16 && y < 32 && x >= 48 && x < 56 {
			want = 1
		}
		edge := y == 15 || y == 16 || y == 31 || y == 32 || x == 47 || x == 48 || x == 55 || x == 56
		if !edge && math.Abs(float64(v-want)) > .1 {
			t.Fatalf("row %d, column %d is %v, want %v", y, x, v, want)
		}
	}
}

func TestNormalise(t *testing.T) {
	img := Image{Width: 2, Height: 2, Pix: slices.Repeat([]uint8{51, 102, 153}, 4)}
	dst := make([]float32, 3*4*4)
	NewWorkspace(Default(), 4).Whole(dst, img, Fit{})
	for c, want := range []float64{(.2 - .485) / .229, (.4 - .456) / .224, (.6 - .406) / .225} {
		if got := float64(dst[16*c]); math.Abs(got-want) > 1e-6 {
			t.Errorf("channel %d is %v, want %v", c, got, want)
		}
	}
}

// Rates of flip and gray, read off the views of an image that shows them; five sd of a binomial of
// 4000 draws at most .04.
func TestRates(t *testing.T) {
	img := Image{Width: 2, Height: 1, Pix: []uint8{255, 0, 0, 0, 0, 255}}
	cfg := Default()
	cfg.Mean, cfg.Std, cfg.JitterProb = []float64{0, 0, 0}, []float64{1, 1, 1}, 0
	w := NewWorkspace(cfg, 2)
	dst := make([]float32, 12)
	var flips, grays float64
	for n := range 4000 {
		r := rng.For(1, rng.KeyView, uint64(n))
		w.Key(dst, img, contrastivecrop.Rect{Width: 2, Height: 1}, r)
		if dst[0] == 0 && dst[8] == 1 { // red and blue of the first pixel
			flips += 1. / 4000
		}
		if dst[0] == dst[8] && dst[1] == dst[9] {
			grays += 1. / 4000
		}
	}
	if math.Abs(grays-.2) > .035 {
		t.Errorf("gray views: %v, want .2", grays)
	}
	if math.Abs(flips-.5*.8) > .04 { // counted among coloured views
		t.Errorf("mirrored coloured views: %v, want .4", flips)
	}
}

// TestColourQuery: with it the query view is made as the key view is, without it no colour changes;
// a plain view never has any.
func TestColourQuery(t *testing.T) {
	img, crop := noise(30, 30), contrastivecrop.Rect{Width: 30, Height: 30}
	view := func(
		colour bool,
		draw func(w *Workspace, dst []float32, img Image, crop contrastivecrop.Rect, r *rand.Rand),
	) []float32 {
		c := Default()
		c.ColourQuery, c.JitterProb = colour, 1
		dst := make([]float32, 3*16*16)
		draw(NewWorkspace(c, 16), dst, img, crop, rng.For(1, rng.Synthetic))
		return dst
	}
	plain, key := view(true, (*Workspace).Plain), view(true, (*Workspace).Key)
	if slices.Equal(plain, key) {
		t.Error("colours do not change")
	}
	if !slices.Equal(view(false, (*Workspace).Query), plain) {
		t.Error("without colour_query the query view is not plain")
	}
	if !slices.Equal(view(true, (*Workspace).Query), key) {
		t.Error("with colour_query the query view differs from a key view of the same draws")
	}
}

func TestNoAllocationPerView(t *testing.T) {
	img := noise(64, 64)
	w := NewWorkspace(Default(), 64)
	dst := make([]float32, 3*64*64)
	r := rng.For(1, rng.Synthetic)
	w.Key(dst, img, contrastivecrop.Rect{Width: 64, Height: 64}, r)
	if n := testing.AllocsPerRun(
		20,
		func() { w.Key(dst, img, contrastivecrop.Rect{Left: 9, Top: 3, Width: 40, Height: 50}, r) },
	); n != 0 {
		t.Errorf("%v allocations a view", n)
	}
}

func TestValidate(t *testing.T) {
	if err := config.Check("augment", Default()); err != nil {
		t.Errorf("default: %v", err)
	}
	for key, spoil := range map[string]func(*Config){
		"augment.scale_min":   func(c *Config) { c.ScaleMin = 0 },
		"augment.scale_max":   func(c *Config) { c.ScaleMax = .1 },
		"augment.ratio_min":   func(c *Config) { c.RatioMin = math.NaN() },
		"augment.ratio_max":   func(c *Config) { c.RatioMax = math.Inf(1) },
		"augment.flip_prob":   func(c *Config) { c.FlipProb = 1.1 },
		"augment.jitter_prob": func(c *Config) { c.JitterProb = -1 },
		"augment.gray_prob":   func(c *Config) { c.GrayProb = 2 },
		"augment.blur_prob":   func(c *Config) { c.BlurProb = math.NaN() },
		"augment.brightness":  func(c *Config) { c.Brightness = -1 },
		"augment.contrast":    func(c *Config) { c.Contrast = math.Inf(1) },
		"augment.saturation":  func(c *Config) { c.Saturation = -1 },
		"augment.hue":         func(c *Config) { c.Hue = .6 },
		"augment.mean":        func(c *Config) { c.Mean[1] = 128 },
		"augment.std":         func(c *Config) { c.Std[2] = 0 },
	} {
		c := Default()
		spoil(&c)
		if err := config.Check("augment", c); err == nil || !strings.Contains(err.Error(), key) {
			t.Errorf("%s spoiled: %v", key, err)
		}
	}
}
