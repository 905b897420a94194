package augment

import "fmt"

// Look is how pictures show images: three of their channels as red, green and blue, as they are
// where the image is one of colours, else each stretched about its mean.
type Look struct {
	Normal   Config // of which mean and deviation count
	Channels [3]int
}

// lookWidth is how many deviations a stretched channel spans from black to white.
const lookWidth = 5

// Level is what of value v, 0 to 1, of a channel a picture shows.
func (l Look) Level(channel int, v float64) uint8 {
	if l.Normal.Channels() != 3 {
		v = .5 + (v-l.Normal.Mean[channel])/l.Normal.Std[channel]/lookWidth
	}
	return uint8(min(max(v, 0), 1)*255 + .5)
}

// Pixel is how a pixel of an image is shown.
func (l Look) Pixel(pixel []uint8) [3]uint8 {
	var shown [3]uint8
	for i, channel := range l.Channels {
		if shown[i] = pixel[channel]; len(pixel) != 3 {
			shown[i] = l.Level(channel, float64(pixel[channel])/255)
		}
	}
	return shown
}

// Note is what a title says of it, empty where colours are shown as they are.
func (l Look) Note() string {
	c, n := l.Channels, l.Normal.Channels()
	switch {
	case n == 3 && c == [3]int{0, 1, 2}:
		return ""
	case c[0] == c[1] && c[1] == c[2]:
		return fmt.Sprintf(" (channel %d of %d)", c[0], n)
	}
	return fmt.Sprintf(" (channels %d, %d, %d of %d as red, green, blue)", c[0], c[1], c[2], n)
}
