package augment

import (
	"slices"
	"testing"

	"cmae/internal/contrastivecrop"
	"cmae/internal/rng"
)

// channelsOf are settings for n channels that are normalised alike.
func channelsOf(c Config, n int) Config {
	c.Mean, c.Std = slices.Repeat([]float64{.4}, n), slices.Repeat([]float64{.2}, n)
	return c
}

// TestChannelsAlike: channels that are equal stay equal whatever is done, and a channel is the same
// among three as among six where nothing is of colours.
func TestChannelsAlike(t *testing.T) {
	const side = 72
	gray := noise(90, 80)
	for i := range gray.Pix {
		gray.Pix[i] = gray.Pix[i/3*3]
	}
	spread := func(n int) Image {
		img := Image{Width: gray.Width, Height: gray.Height}
		for i := 0; i < len(gray.Pix); i += 3 {
			img.Pix = append(img.Pix, slices.Repeat(gray.Pix[i:i+1], n)...)
		}
		return img
	}
	supervised := DefaultSupervised()
	supervised.EraseProb = 0
	views := func(n int) (all [][]float32) {
		c := channelsOf(Default(), n)
		c.Saturation, c.Hue, c.GrayProb = 0, 0, 0
		w, img := NewWorkspace(c, side), spread(n)
		for seed := range 20 {
			dst := make([]float32, n*side*side)
			key(w, dst, img, seed)
			all = append(all, dst)
		}
		whole := make([]float32, n*side*side)
		w.Whole(whole, img, Fit{})
		s := supervised
		s.Mean, s.Std = c.Mean, c.Std
		for seed := range uint64(20) {
			dst := make([]float32, n*side*side)
			r := rng.For(seed, rng.Synthetic)
			w.Labelled(dst, img, full(img), s, r)
			all = append(all, dst)
		}
		return append(all, whole)
	}
	three := views(3)
	for _, n := range []int{1, 6} {
		for v, view := range views(n) {
			for ch := range n {
				plane := view[ch*side*side : (ch+1)*side*side]
				for i, got := range plane {
					// three weigh their gray in float32
					if d := got - three[v][i]; d > .05 || d < -.05 {
						t.Fatalf("%d channels, view %d, channel %d: %g, want %g", n, v, ch, got, three[v][i])
					}
				}
			}
		}
	}
}

// TestLook: colours are shown as they are, others stretched about their mean.
func TestLook(t *testing.T) {
	colours := Look{Normal: Default(), Channels: [3]int{2, 1, 0}}
	if got := colours.Pixel([]uint8{1, 2, 3}); got != [3]uint8{3, 2, 1} {
		t.Errorf("colours: %v", got)
	}
	if colours.Note() == "" || (Look{Normal: Default(), Channels: [3]int{0, 1, 2}}).Note() != "" {
		t.Error("the title of turned colours alone says so")
	}
	c := channelsOf(Default(), 4)
	l := Look{Normal: c, Channels: [3]int{3, 3, 3}}
	// the mean is in the middle, two and a half deviations are black and white
	if got := l.Pixel([]uint8{0, 0, 0, 102}); got != [3]uint8{128, 128, 128} {
		t.Errorf("mean: %v", got)
	}
	if l.Level(3, -.1) != 0 || l.Level(3, .9) != 255 || l.Note() != " (channel 3 of 4)" {
		t.Errorf("%d %d %q", l.Level(3, -.1), l.Level(3, .9), l.Note())
	}
}

func full(img Image) contrastivecrop.Rect {
	return contrastivecrop.Rect{Width: img.Width, Height: img.Height}
}
