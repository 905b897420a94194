package heif

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Outcomes of a file.
const (
	decoded uint32 = iota
	tooLarge
	refused
	lacking // a decoder
)

// Channels, as libheif numbers them.
const (
	channelY = iota
	channelCb
	channelCr
	channelR
	channelG
	channelB
	channelAlpha
	numChannels
)

// coded is a picture as the library gives it, or why not. All fields are of fixed size: the head
// goes between the processes as it is, before the text and the planes.
type coded struct {
	head
	Text   string
	Planes [numChannels][]byte // rows without gaps, nil where there is none
}

// head says what follows it.
type head struct {
	Outcome       uint32
	Text          uint32 // bytes
	Width, Height int32
	Matrix        int32 // of ITU-T H.273
	FullRange     int32
	Premultiplied int32
	Smooth        int32 // chroma is to be interpolated
	Halved        int32 // chroma as the file has it: halved across (1), down (2)
	Planes        [numChannels]plane
}

// plane is the size of a channel.
type plane struct{ Width, Height, Bits int32 }

// bytes is how long a plane is.
func (p plane) bytes() int64 {
	return int64(p.Width) * int64(p.Height) * int64((p.Bits+7)/8)
}

func (c *coded) write(w io.Writer) error {
	c.head.Text = uint32(len(c.Text))
	if err := binary.Write(w, binary.LittleEndian, &c.head); err != nil {
		return err
	}
	_, err := io.WriteString(w, c.Text)
	for _, p := range c.Planes {
		if err == nil {
			_, err = w.Write(p)
		}
	}
	return err
}

// readCoded believes no size: the other process may have gone wrong.
func readCoded(r io.Reader, maxPixels int) (*coded, error) {
	c := new(coded)
	if err := binary.Read(r, binary.LittleEndian, &c.head); err != nil {
		return nil, err
	}
	const longest = 4096
	if c.head.Text > longest {
		return nil, errors.New("answer beyond measure")
	}
	text := make([]byte, c.head.Text)
	if _, err := io.ReadFull(r, text); err != nil {
		return nil, err
	}
	c.Text = string(text)
	for i, p := range c.head.Planes {
		if p.Width < 0 || p.Height < 0 || p.Bits < 0 || p.Bits > 16 ||
			p.bytes() > 2*int64(maxPixels) {
			return nil, fmt.Errorf("plane of %dx%d samples", p.Width, p.Height)
		}
		if p.bytes() == 0 {
			continue
		}
		c.Planes[i] = make([]byte, p.bytes())
		if _, err := io.ReadFull(r, c.Planes[i]); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// sample gives a sample of a channel, as 8 bits with a fraction.
func (c *coded) sample(channel int) func(x, y int) float64 {
	p, data := c.head.Planes[channel], c.Planes[channel]
	w := int(p.Width)
	if p.Bits <= 8 {
		scale := 255 / float64(int(1)<<p.Bits-1)
		return func(x, y int) float64 { return float64(data[y*w+x]) * scale }
	}
	scale := 255 / float64(int(1)<<p.Bits-1)
	return func(x, y int) float64 {
		return float64(binary.LittleEndian.Uint16(data[2*(y*w+x):])) * scale
	}
}
