package tiff

import (
	"errors"

	"cmae/internal/dataset/raster"
)

// subsampled reads YCbCr that is not JPEG: blocks of luma with one pair of chroma, which is spread
// over the block.
func (l *layout) subsampled(p *raster.Picture) error {
	if l.bits != 8 || l.format != unsigned || l.planar || l.samples != 3 {
		return errors.New("YCbCr other than 8-bit and interleaved is not read")
	}
	h, v := 2, 2
	if s := l.numbers(tagYCbCrSampling); len(s) == 2 {
		h, v = s[0], s[1]
	}
	if h != 1 && h != 2 && h != 4 || v != 1 && v != 2 && v != 4 {
		return errDamaged
	}
	toRGB, err := l.conversion()
	if err != nil {
		return err
	}
	p.Pix = make([]uint8, 3*l.width*l.height)
	for i := range l.across() * l.down() {
		s := segment{x: i % l.across() * l.segmentWidth, y: i / l.across() * l.segmentHeight}
		s.width, s.height = min(l.segmentWidth, l.width-s.x), min(l.segmentHeight, l.height-s.y)
		blocks := (l.segmentWidth + h - 1) / h
		down := (s.height + v - 1) / v
		unit := h*v + 2
		want := blocks * down * unit
		data, err := l.unpack(l.stored(i, want), nil, want, s)
		if err != nil {
			return err
		}
		if len(data) < want {
			return errors.New("strip or tile ends early")
		}
		for y := range s.height {
			for x := range s.width {
				b := data[(y/v*blocks+x/h)*unit:][:unit]
				at := 3 * ((s.y+y)*l.width + s.x + x)
				toRGB(p.Pix[at:at+3], b[y%v*h+x%h], b[h*v], b[h*v+1])
			}
		}
	}
	return nil
}

// conversion makes a pixel R, G, B by the weights and the reference values of the file.
func (l *layout) conversion() (func(to []uint8, y, cb, cr uint8), error) {
	weights, reference := l.fractions(tagYCbCrWeights), l.fractions(tagReference)
	if len(weights) != 3 {
		weights = []float64{.299, .587, .114}
	}
	if len(reference) != 6 {
		reference = []float64{0, 255, 128, 255, 128, 255}
	}
	r, g, b := weights[0], weights[1], weights[2]
	if g <= 0 || reference[1] == reference[0] || reference[3] == reference[2] ||
		reference[5] == reference[4] {
		return nil, errDamaged
	}
	limit := func(v float64) uint8 {
		if !(v > 0) {
			return 0
		}
		return uint8(min(v+.5, 255))
	}
	return func(to []uint8, luma, cb, cr uint8) {
		y := (float64(luma) - reference[0]) * 255 / (reference[1] - reference[0])
		u := (float64(cb) - reference[2]) * 127 / (reference[3] - reference[2])
		v := (float64(cr) - reference[4]) * 127 / (reference[5] - reference[4])
		red, blue := y+v*(2-2*r), y+u*(2-2*b)
		to[0], to[1], to[2] = limit(red), limit((y-b*blue-r*red)/g), limit(blue)
	}, nil
}
