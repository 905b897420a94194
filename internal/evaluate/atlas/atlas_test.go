package atlas

import (
	"context"
	"image"
	"image/color"
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/spatial/r2"

	"cmae/internal/dataset"
	"cmae/internal/dataset/augment"
	"cmae/internal/evaluate/evaltest"
	"cmae/internal/evaluate/features"
	"cmae/internal/rng"
)

// blobs are three groups of points in 8 dimensions, apart from each other.
func blobs(each int) features.Set {
	random := rng.For(1, rng.Synthetic)
	s := features.Set{Dim: 8}
	for i := range 3 * each {
		for j := range s.Dim {
			v := .2 * random.NormFloat64()
			if j == i%3 {
				v += 3
			}
			s.Values = append(s.Values, float32(v))
		}
		s.Labels = append(s.Labels, int32(i%3))
	}
	return s
}

// TestLay: neighbours on the map are of one group, and so are clusters.
func TestLay(t *testing.T) {
	s := blobs(40)
	c, err := components(unit(s))
	if err != nil {
		t.Fatal(err)
	}
	of, distance := cluster(c, 3, rng.For(1, rng.Map, 1))
	for i, at := range of {
		if at != of[i%3] || distance[i] > .2 {
			t.Fatalf("image %d of group %d is in cluster %d at %v", i, i%3, at, distance[i])
		}
	}
	near, err := others(context.Background(), evaltest.Engine(t, 2), asFeatures(s, c), 30)
	if err != nil {
		t.Fatal(err)
	}
	first := jittered(c, rng.For(1, rng.Map, 2))
	told := 0
	places, err := tsne(context.Background(), near, 30, first, func(i int) { told = i })
	if err != nil || told != iterations {
		t.Fatalf("after %d iterations: %v", told, err)
	}
	again, err := tsne(context.Background(), near, 30, first, func(int) {})
	if err != nil || !slices.Equal(places, again) {
		t.Errorf("the same points have other places: %v", err)
	}
	for i, p := range places {
		best, at := math.Inf(1), 0
		for j, q := range places {
			if d := r2.Norm(r2.Sub(p, q)); j != i && d < best {
				best, at = d, j
			}
		}
		if at%3 != i%3 {
			t.Errorf("image %d is nearest to %d on the map, which is of another group", i, at)
		}
	}
}

// TestConditional: bisection finds the wanted perplexity.
func TestConditional(t *testing.T) {
	s := blobs(40)
	near, err := others(context.Background(), evaltest.Engine(t, 2), s, 90)
	if err != nil {
		t.Fatal(err)
	}
	entropy, sum := 0., 0.
	for _, p := range conditional(near[:90]) {
		sum += p
		entropy -= p * math.Log(p)
	}
	if math.Abs(sum-1) > 1e-9 || math.Abs(math.Exp(entropy)-perplexity) > .01 {
		t.Errorf("sum %v, perplexity %v, want %v", sum, math.Exp(entropy), perplexity)
	}
}

func TestOthersLeaveOutThemselves(t *testing.T) {
	s := features.Set{Dim: 2, Values: []float32{1, 0, 1, 0, 1, 0, 0, 1}, Labels: make([]int32, 4)}
	near, err := others(context.Background(), evaltest.Engine(t, 2), s, 2)
	if err != nil || len(near) != 8 {
		t.Fatalf("%v, %v", near, err)
	}
	for i, m := range near {
		if int(m.Index) == i/2 {
			t.Errorf("image %d is its own neighbour", i/2)
		}
	}
}

// TestFind: two images that are the same but for a little noise are a pair, and one like no other
// comes first among outliers.
func TestFind(t *testing.T) {
	s := blobs(4)
	s.Values = append(s.Values, s.Row(0)...) // nearly image 0
	s.Values = append(s.Values, 0, 0, 0, 0, 0, 0, -5, -5)
	s.Labels = append(s.Labels, 0, 1)
	a := &atlas{gallery: &gallery{Set: s}, k: 3}
	random := rng.For(2, rng.Synthetic)
	for i := range s.Len() {
		a.Paths, a.Labels = append(a.Paths, string(rune('a'+i))), append(a.Labels, int(s.Labels[i]))
		img := image.NewRGBA(image.Rect(0, 0, 4, 4))
		for p := range 16 {
			red, green := uint8(random.IntN(256)), uint8(random.IntN(256))
			img.SetRGBA(p%4, p/4, color.RGBA{red, green, 0, 255})
		}
		a.Thumbs = append(a.Thumbs, img)
	}
	a.Thumbs[12].Pix = slices.Clone(a.Thumbs[0].Pix)
	a.Thumbs[12].Pix[0] ^= 4
	for _, flat := range []int{1, 4} { // flat images of one blob that differ by a shade
		for p := range 16 {
			a.Thumbs[flat].SetRGBA(p%4, p/4, color.RGBA{uint8(90 + p%2 + flat), 20, 200, 255})
		}
	}
	var err error
	if a.near, err = others(context.Background(), evaltest.Engine(t, 2), s, a.k); err != nil {
		t.Fatal(err)
	}
	a.find()
	if len(a.pairs) != 1 || a.pairs[0].A != "a" || a.pairs[0].B != "m" || a.pairs[0].Groups {
		t.Errorf("pairs %+v", a.pairs)
	}
	if a.outliers[0].Path != "n" {
		t.Errorf("outliers %+v", a.outliers[:2])
	}
}

// TestScript: names from folders cannot end the page's script.
func TestScript(t *testing.T) {
	a := &atlas{gallery: &gallery{
		Paths: []string{"</script><b>"}, Labels: []int{0},
		Thumbs: []*image.RGBA{image.NewRGBA(image.Rect(0, 0, thumbSide, thumbSide))},
	}, places: []r2.Vec{{X: .5, Y: .5}}, clusters: []int{0}, count: 1}
	text, err := a.script()
	if err != nil || strings.Contains(string(text), "</script>") {
		t.Errorf("script: %v", err)
	}
}

// TestThumb: a small image shows what an evaluation sees of it.
func TestThumb(t *testing.T) {
	img := dataset.Image{Width: 8, Height: 4}
	for range img.Height {
		for x := range img.Width { // red, then green, then blue
			pixel := [3]uint8{}
			pixel[min(x/2, 2)] = 200
			img.Pix = append(img.Pix, pixel[:]...)
		}
	}
	config := dataset.Default()
	config.Background = dataset.Colour{9, 9, 9}
	look := augment.Look{Channels: [3]int{0, 1, 2}}
	for fit, want := range map[augment.Fitting][4]color.RGBA{ // of left, right, top, middle
		augment.FitCrop: {{0, 200, 0, 255}, {0, 0, 200, 255}, {0, 200, 0, 255}, {0, 200, 0, 255}},
		augment.FitSquash: {
			{200, 0, 0, 255}, {0, 0, 200, 255}, {0, 200, 0, 255}, {0, 200, 0, 255},
		},
		augment.FitPad: {{200, 0, 0, 255}, {0, 0, 200, 255}, {9, 9, 9, 255}, {0, 200, 0, 255}},
	} {
		config.Fit = fit
		small := thumb(img, config, look, 8)
		got := [4]color.RGBA{
			small.RGBAAt(0, 4), small.RGBAAt(7, 4), small.RGBAAt(2, 0), small.RGBAAt(2, 4),
		}
		if got != want {
			t.Errorf("%s: %v, want %v", fit, got, want)
		}
	}
}
