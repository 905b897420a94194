package ablate

import (
	"bytes"
	"image/png"
	"testing"
)

func TestPictureIsDrawn(t *testing.T) {
	picture, err := example().drawPNG()
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(picture))
	if err != nil {
		t.Fatal(err)
	}
	if got := img.Bounds().Size(); got.X != 1300 || got.Y != 800 {
		t.Errorf("picture of %v", got)
	}
	if picture, err := (&Table{}).drawPNG(); picture != nil || err != nil {
		t.Errorf("a picture of nothing: %d bytes, %v", len(picture), err)
	}
}

func TestTicksAreRoundNumbers(t *testing.T) {
	for _, c := range []struct {
		log       bool
		low, high float64
		want      []string
	}{
		{true, 9e3, 4e6, []string{"10k", "20k", "50k", "100k", "200k", "500k", "1M", "2M"}},
		{false, 40.3, 61.2, []string{"45", "50", "55", "60"}},
		{false, 0, 2e5, []string{"0", "50k", "100k", "150k", "200k"}},
	} {
		var got []string
		for _, tick := range (niceTicks{c.log}).Ticks(c.low, c.high) {
			got = append(got, tick.Label)
		}
		if len(got) != len(c.want) || got[0] != c.want[0] || got[len(got)-1] != c.want[len(c.want)-1] {
			t.Errorf("%g to %g: %v, want %v", c.low, c.high, got, c.want)
		}
	}
}

func TestGlyphsDiffer(t *testing.T) {
	seen := map[any]int{}
	for i := range len(colours) * len(shapes) {
		g := glyph(i)
		key := [2]any{g.Color, g.Shape}
		if j, ok := seen[key]; ok {
			t.Fatalf("cells %d and %d look the same", j, i)
		}
		seen[key] = i
	}
}
