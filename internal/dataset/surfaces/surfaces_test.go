package surfaces

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestDraw: a picture follows from its draws alone, shows a pattern, and no two are the same.
func TestDraw(t *testing.T) {
	for kind, name := range Classes() {
		seen := map[string]bool{}
		for seed := range uint64(20) {
			of := func() []uint8 { return Draw(kind, rand.New(rand.NewPCG(seed, 1))).Pix }
			pix := of()
			if len(pix) != 3*Side*Side || !slices.Equal(pix, of()) {
				t.Fatalf("%s: one seed gives two pictures", name)
			}
			if gap := int(slices.Max(pix)) - int(slices.Min(pix)); gap < 50 {
				t.Errorf("%s, seed %d: brightness differs by %d only", name, seed, gap)
			}
			seen[string(pix)] = true
		}
		if len(seen) != 20 {
			t.Errorf("%s: %d pictures of 20 differ", name, len(seen))
		}
	}
}

// TestPatterns: a pattern is a share, 0 to 1, everywhere, and takes most of the range.
func TestPatterns(t *testing.T) {
	for _, k := range kinds {
		low, high := 1., 0.
		p := k.of(rand.New(rand.NewPCG(1, 2)))
		for y := -40.; y < 200; y += .9 {
			for x := -40.; x < 200; x += .7 {
				low, high = min(low, p(x, y)), max(high, p(x, y))
			}
		}
		if low < 0 || high > 1 || high-low < .7 {
			t.Errorf("%s goes from %.2f to %.2f", k.name, low, high)
		}
	}
}
