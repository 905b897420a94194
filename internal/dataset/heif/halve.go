package heif

import (
	"bytes"
	"encoding/binary"
)

// halved is how an AVIF file has its chroma, by the first picture in it. Monochrome has none.
func halved(data []byte) int32 {
	const monochrome, across, down = 1 << 4, 1 << 3, 1 << 2
	at := bytes.Index(data, []byte("av1C"))
	if at < 0 || at+6 >= len(data) || data[at+6]&monochrome != 0 {
		return 0
	}
	var h int32
	if data[at+6]&across != 0 {
		h |= 1
	}
	if data[at+6]&down != 0 {
		h |= 2
	}
	return h
}

// halve undoes what libheif before 1.19 does to halved chroma: it repeats it and gives R, G, B.
// They become luma and halved chroma of full range again, of 16 bits, in the file's matrix; what
// R, G, B could not hold is lost.
func (c *coded) halve() {
	r, g, b := c.sample(channelR), c.sample(channelG), c.sample(channelB)
	red, blue := weights(c.Matrix)
	luma := func(x, y int) float64 {
		return red*r(x, y) + (1-red-blue)*g(x, y) + blue*b(x, y)
	}
	w, h := int(c.Width), int(c.Height)
	across, down := 1+int(c.Halved&1), 1+int(c.Halved>>1&1)
	// mean is the mean of the places that share their chroma
	mean := func(x, y int, of func(x, y int) float64) float64 {
		x, y = x*across, y*down
		x1, y1 := min(x+across, w)-1, min(y+down, h)-1
		return (of(x, y) + of(x1, y) + of(x, y1) + of(x1, y1)) / 4
	}
	c.put(channelY, w, h, luma)
	w2, h2 := (w+across-1)/across, (h+down-1)/down
	const middle = 255. * (1 << 15) / (1<<16 - 1)
	c.put(channelCb, w2, h2, func(x, y int) float64 {
		return middle + (mean(x, y, b)-mean(x, y, luma))/(2*(1-blue))
	})
	c.put(channelCr, w2, h2, func(x, y int) float64 {
		return middle + (mean(x, y, r)-mean(x, y, luma))/(2*(1-red))
	})
	c.FullRange = 1
	for _, channel := range []int{channelR, channelG, channelB} {
		c.head.Planes[channel], c.Planes[channel] = plane{}, nil
	}
}

// put makes a channel of 16 bits of values up to 255.
func (c *coded) put(channel, w, h int, value func(x, y int) float64) {
	data := make([]byte, 0, 2*w*h)
	for i := range w * h {
		v := min(max(value(i%w, i/w), 0), 255)
		data = binary.LittleEndian.AppendUint16(data, uint16(v*(1<<16-1)/255+.5))
	}
	c.head.Planes[channel], c.Planes[channel] = plane{int32(w), int32(h), 16}, data
}
