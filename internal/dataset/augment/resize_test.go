package augment

import (
	"image"
	"math"
	"slices"
	"testing"

	"cmae/internal/contrastivecrop"
	"cmae/internal/rng"

	"github.com/anthonynsimon/bild/transform"
)

// plain leaves pixels as they are, 0 to 1.
func plain() Config {
	return Config{
		ScaleMin: .2, ScaleMax: 1, RatioMin: 3. / 4, RatioMax: 4. / 3, Mean: []float64{0, 0, 0}, Std: []float64{1, 1, 1},
	}
}

// cut resizes a rectangle of an image to a plain view.
func cut(img Image, crop contrastivecrop.Rect, side int) []float32 {
	return cutBy(Bicubic, img, crop, side)
}

func cutBy(f Filter, img Image, crop contrastivecrop.Rect, side int) []float32 {
	config, dst := plain(), make([]float32, 3*side*side)
	config.Filter = f
	NewWorkspace(config, side).Query(dst, img, crop, rng.For(1, rng.Synthetic))
	return dst
}

func pattern(w, h int) Image {
	img := Image{Width: w, Height: h, Pix: make([]uint8, 0, 3*w*h)}
	for y := range h {
		for x := range w {
			for c := range 3 {
				img.Pix = append(img.Pix, uint8(37*x+91*y+53*c+11*x*y))
			}
		}
	}
	return img
}

// The numbers were printed by Pillow 13.0 (BICUBIC, or BILINEAR, on float images cut beforehand,
// then clamped) for channel, row and column of pattern(9, 7).
func TestResizeEqualsPillow(t *testing.T) {
	type spot struct {
		channel, y, x int
		want          float64
	}
	whole := make([]float32, 3*8*8)
	NewWorkspace(plain(), 8).Whole(whole, pattern(9, 7), Fit{})
	for _, c := range []struct {
		name  string
		view  []float32
		spots []spot
	}{
		{"shrink", cut(
			pattern(9, 7), contrastivecrop.Rect{Left: 2, Top: 1, Width: 6, Height: 5}, 4,
		),
			[]spot{
				{0, 0, 0, 177.8557}, {0, 1, 2, 147.6462}, {1, 3, 3, 112.0939}, {2, 2, 0, 96.6574},
				{2, 3, 1, 123.5665},
			}},
		{"enlarge, three rows", cut(
			pattern(9, 7), contrastivecrop.Rect{Left: 1, Top: 2, Width: 7, Height: 3}, 8,
		),
			[]spot{
				{0, 0, 0, 255}, {0, 1, 2, 81.5716}, {1, 7, 7, 236.1305}, {2, 4, 0, 180.3884},
				{2, 7, 1, 110.0255},
			}},
		{"shrink by three", cut(pattern(9, 7), contrastivecrop.Rect{Width: 9, Height: 7}, 3),
			[]spot{
				{0, 0, 0, 111.3722}, {0, 1, 2, 143.4874}, {1, 2, 2, 128.119}, {2, 1, 0, 112.5417},
				{2, 2, 1, 142.1814},
			}},
		{
			"bilinear, shrink",
			cutBy(Bilinear, pattern(9, 7), contrastivecrop.Rect{Left: 2, Top: 1, Width: 6, Height: 5}, 4),
			[]spot{
				{0, 0, 0, 170.2813}, {0, 1, 2, 139.5185}, {1, 3, 3, 116.5313}, {2, 2, 0, 101.5729},
			},
		},
		{
			"bilinear, enlarge",
			cutBy(Bilinear, pattern(9, 7), contrastivecrop.Rect{Left: 3, Top: 2, Width: 3, Height: 4}, 8),
			[]spot{{0, 0, 0, 103}, {1, 3, 5, 132.6719}, {2, 7, 7, 253}, {0, 6, 1, 181.5781}},
		},
		{"whole, 10x8 cut to its middle", whole,
			[]spot{
				{0, 0, 0, 27.9455}, {0, 1, 2, 226.0538}, {1, 7, 7, 40.6655}, {2, 4, 0, 139.7929},
				{2, 7, 1, 113.0632},
			}},
	} {
		side := int(math.Sqrt(float64(len(c.view) / 3)))
		for _, s := range c.spots {
			got := 255 * float64(c.view[(s.channel*side+s.y)*side+s.x])
			if math.Abs(got-s.want) > 5e-4 { // float32 sums of numbers up to 255
				t.Errorf(
					"%s: channel %d row %d column %d is %.4f, want %.4f", c.name, s.channel, s.y,
					s.x, got, s.want,
				)
			}
		}
	}
}

// An independent implementation with 8-bit results. It rounds between its two passes, hence up to 2
// levels, and clamps there, hence middle levels only.
func TestResizeEqualsBild(t *testing.T) {
	for _, size := range [][3]int{{40, 30, 16}, {20, 50, 64}, {97, 61, 32}, {33, 33, 33}} {
		img := noise(size[0]+7, size[1]+5)
		for i, v := range img.Pix {
			img.Pix[i] = 64 + v/2
		}
		crop := contrastivecrop.Rect{Left: 3, Top: 4, Width: size[0], Height: size[1]}
		rgba := image.NewRGBA(image.Rect(0, 0, size[0], size[1]))
		for y := range size[1] {
			for x := range size[0] {
				at := 3 * ((y+crop.Top)*img.Width + x + crop.Left)
				copy(
					rgba.Pix[rgba.PixOffset(x, y):],
					[]uint8{img.Pix[at], img.Pix[at+1], img.Pix[at+2], 255},
				)
			}
		}
		side := size[2]
		want := transform.Resize(rgba, side, side, transform.CatmullRom)
		worst := 0.
		for i, v := range cut(img, crop, side) {
			c, y, x := i/(side*side), i/side%side, i%side
			worst = max(worst, math.Abs(255*float64(v)-float64(want.Pix[want.PixOffset(x, y)+c])))
		}
		if worst > 2 {
			t.Errorf("%dx%d to %d: %.2f levels apart", size[0], size[1], side, worst)
		}
	}
}

func TestResizeKeepsConstants(t *testing.T) {
	for _, size := range [][2]int{{1, 1}, {3000, 2}, {2, 3000}, {1, 50}, {64, 64}, {7, 500}} {
		img := Image{
			Width: size[0], Height: size[1],
			Pix: slices.Repeat([]uint8{51, 102, 255}, size[0]*size[1]),
		}
		whole, uncropped := make([]float32, 3*16*16), make([]float32, 3*16*16)
		NewWorkspace(plain(), 16).Whole(whole, img, Fit{})
		NewWorkspace(plain(), 16).Uncropped(uncropped, img)
		for name, view := range map[string][]float32{
			"crop":  cut(img, contrastivecrop.Rect{Width: size[0], Height: size[1]}, 16),
			"whole": whole, "uncropped": uncropped,
		} {
			for i, v := range view {
				if want := []float32{.2, .4, 1}[i/256]; math.Abs(float64(v-want)) > 1e-6 {
					t.Fatalf("%v %s: value %d is %v, want %v", size, name, i, v, want)
				}
			}
		}
	}
}

func TestResizeToOwnSizeIsExact(t *testing.T) {
	img := noise(20, 20)
	crop := contrastivecrop.Rect{Left: 5, Top: 3, Width: 9, Height: 9}
	for i, v := range cut(img, crop, 9) {
		c, y, x := i/81, i/9%9, i%9
		want := float32(img.Pix[3*((y+3)*20+x+5)+c]) * (1. / 255)
		if v != want {
			t.Fatalf("value %d is %v, want %v", i, v, want)
		}
	}
}

func TestFlipIsAMirror(t *testing.T) {
	img, crop := noise(40, 33), contrastivecrop.Rect{Left: 2, Top: 1, Width: 25, Height: 31}
	straight := cut(img, crop, 16)
	mirror := plain()
	mirror.FlipProb = 1
	got := make([]float32, len(straight))
	NewWorkspace(mirror, 16).Query(got, img, crop, rng.For(1, rng.Synthetic))
	for row := 0; row < len(got); row += 16 {
		slices.Reverse(got[row : row+16])
	}
	if !slices.Equal(got, straight) {
		t.Error("a mirrored view is not the mirror image of the view")
	}
}
