// Package eightbit makes images of 8-bit channels out of pictures, as decoders read them: whatever
// their samples are, with as many channels as the settings ask for, transparency shown, dropped or
// a channel, and the right way up.
//
// Reading order: eightbit.go (Converter, the whole way), bands.go (a picture's samples, channel by
// channel), samples.go (8-bit values of each kind of sample); range.go, levels.go, stretch.go,
// percentiles.go and deep.go (black and white of samples of more than 8 bits: what may be asked
// for, what was found, where it is looked for, how it is found, and whether it is needed);
// orient.go (the right way up), traits.go (what a user should know of a file).
package eightbit

import (
	"cmae/internal/dataset/augment"
	"cmae/internal/dataset/raster"
)

// Alpha says what to do with a fourth band that is called transparency.
type Alpha string

// BlendAlpha puts the image over the background, DropAlpha takes the colours as they are stored,
// AlphaBand makes it one of the channels.
const (
	BlendAlpha Alpha = "blend"
	DropAlpha  Alpha = "drop"
	AlphaBand  Alpha = "band"
)

// Converter makes pictures images.
type Converter struct {
	Channels   int // of the images; three are red, green and blue
	Alpha      Alpha
	Background [3]uint8 // behind transparent pixels; its mean, where Channels is not 3
	Upright    bool     // turns pictures by their orientation tag
	Stretch    *Stretch
}

// Convert makes a picture an image [H, W, Channels], and says what a user should know of it. It
// fails with a *BandsError where the picture has other channels, and where no sample is a number.
func (c Converter) Convert(p *raster.Picture) (img augment.Image, found Traits, err error) {
	s, err := c.planes(p, &found)
	if err != nil {
		return img, found, err
	}
	if c.Channels == 3 {
		found.Bands = p.Bands + colours(p)
		s = c.rgb(s, &found)
	} else if s, err = c.bands(s.gray(p.Gray || onlyGrays(p.Image)), &found); err != nil {
		return img, found, err
	}
	img = augment.Image{Width: p.Width, Height: p.Height, Pix: s.pix}
	found.add(FirstPage, p.Pages > 1)
	found.add(FirstFrame, p.Frames > 1)
	found.add(ExtraBand, p.Bands > 0)
	found.add(Elongated, max(p.Width, p.Height) > 2*min(p.Width, p.Height))
	if c.Upright && p.Orientation > 1 {
		img = turned(img, p.Orientation)
		found.add(Turned, true)
	}
	return img, found, nil
}

// rgb takes red, green and blue, over the background where they are transparent.
func (c Converter) rgb(s planes, found *Traits) planes {
	s.pix, s.channels = s.colours(), 3
	if s.alpha.Values != nil && c.blends() {
		found.add(Veiled, veiled(s.alpha.Values))
		found.add(Clear, s.clear())
		s.blend(c.Background[:])
	}
	return s
}
