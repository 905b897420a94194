// Package raster holds a picture between its file and 8-bit RGB: samples of any depth, which way up
// it was taken, and what of its file was left out.
package raster

import (
	"image"
	"math"
)

// Picture is a decoded file. One of Pix, Image and Deep has its samples.
type Picture struct {
	Width, Height int
	Pix           []uint8 // R, G, B, or Channels of another number, rows top down, interleaved
	Channels      int     // of Pix; 0 for the three of R, G, B
	Gray          bool    // the file has one channel, whatever Pix or Image make of it
	Alpha         Alpha   // of the pixels of Pix, or of Image where its type has none
	// Image is of a type of the standard library, of any depth. Without transparency in the file it
	// is none that begins with N, nor has its palette any
	Image image.Image
	Deep  *Deep
	// Orientation is that of EXIF: 1 as stored, up to 8; 0 where the file says nothing
	Orientation int
	Pages       int // of a file of several pages, of which this is the first; else 0
	Frames      int // of an animation, of which this is the first; else 0
	// Bands is how many samples of a pixel there are besides the colours, that are not called
	// transparency and were left out
	Bands int
}

// Alpha is the transparency of pixels.
type Alpha struct {
	Values []uint8 // 255 is opaque; nil where the file has none
	// Associated says that samples were multiplied by it before they were stored
	Associated bool
}

// Deep holds samples of more than 8 bits.
type Deep struct {
	Width, Height int
	Channels      int // 1 for gray, 3 for R, G, B, or as many as were asked for; interleaved
	// Ints are samples of up to 16 bits, less Low where that is negative; Floats are any others
	Ints   []uint16
	Floats []float32
	// Low and High are what the type can hold, and what is black and white where nothing else is
	// said
	Low, High float64
	// NoData is the value of samples that were not measured, as the file has it; nil for none
	NoData *float64
	Alpha  Alpha
}

// Len is the number of samples.
func (d *Deep) Len() int { return max(len(d.Ints), len(d.Floats)) }

// At is sample i.
func (d *Deep) At(i int) float64 {
	if d.Ints != nil {
		return float64(d.Ints[i]) + min(d.Low, 0)
	}
	return float64(d.Floats[i])
}

// Empty says whether sample i is none: not a number, infinite, or NoData.
func (d *Deep) Empty(i int) bool {
	if d.Ints != nil {
		return d.NoData != nil && d.At(i) == *d.NoData
	}
	v := d.Floats[i]
	return v-v != 0 || d.NoData != nil && v == float32(*d.NoData)
}

// Highest is the largest sample that is not Empty, -Inf where all are.
func (d *Deep) Highest() float64 {
	highest := math.Inf(-1)
	for i := range d.Len() {
		if !d.Empty(i) {
			highest = max(highest, d.At(i))
		}
	}
	return highest
}

// Make makes room for n samples, whole numbers of up to 16 bits or others, and gives what sets one.
func (d *Deep) Make(n int, whole bool) func(i int, v float64) {
	if whole {
		d.Ints = make([]uint16, n)
		return func(i int, v float64) { d.Ints[i] = uint16(v - min(d.Low, 0)) }
	}
	d.Floats = make([]float32, n)
	return func(i int, v float64) { d.Floats[i] = float32(v) }
}

// Samples gives the samples of a picture of more than 8 bits, or nil.
func (p *Picture) Samples() *Deep {
	if p.Deep != nil {
		return p.Deep
	}
	b := image.Rect(0, 0, p.Width, p.Height)
	d := &Deep{Width: p.Width, Height: p.Height, Channels: 3, High: 65535}
	switch img := p.Image.(type) {
	case *image.Gray16:
		d.Channels = 1
		for y := range b.Dy() {
			d.Ints = appendWords(d.Ints, img.Pix[y*img.Stride:][:2*b.Dx()], 1, 1)
		}
	case *image.RGBA64:
		d.fill64(img.Pix, img.Stride, false)
	case *image.NRGBA64:
		d.fill64(img.Pix, img.Stride, true)
	default:
		return nil
	}
	return d
}

func (d *Deep) fill64(pix []uint8, stride int, alpha bool) {
	for y := range d.Height {
		row := pix[y*stride:][:8*d.Width]
		d.Ints = appendWords(d.Ints, row, 4, 3)
		for x := 6; alpha && x < len(row); x += 8 {
			d.Alpha.Values = append(d.Alpha.Values, row[x])
		}
	}
}

// appendWords takes the first n of every group of big-endian words.
func appendWords(to []uint16, pix []uint8, group, n int) []uint16 {
	for ; len(pix) > 0; pix = pix[2*group:] {
		for i := range n {
			to = append(to, uint16(pix[2*i])<<8|uint16(pix[2*i+1]))
		}
	}
	return to
}
