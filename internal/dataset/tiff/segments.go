package tiff

import (
	"errors"
	"fmt"
)

// segment is a strip or a tile as it stands in the picture.
type segment struct {
	x, y          int // of its first pixel
	width, height int // inside the picture
	sample        int // the only one that it has, where samples are apart
	data          []byte
}

// differences says whether rows are coded as such: only these compressions know it.
func (l *layout) differences() bool {
	switch l.compression {
	case packLZW, packDeflate, packDeflat2, packZstd:
		return l.predictor > 1
	}
	return false
}

// each reads strips and tiles one by one and hands out their samples, rows of stride bytes, in the
// file's byte order, as they were before packing.
func (l *layout) each(visit func(s segment, rows []byte, stride int) error) error {
	across, down := l.across(), l.down()
	planes := 1
	if l.planar {
		planes = l.samples
	}
	stride := (l.segmentWidth*l.perPixel()*l.bits + 7) / 8
	buffer := make([]byte, 0, stride*min(l.segmentHeight, l.height))
	for i := range planes * across * down {
		place := i % (across * down)
		s := segment{
			x: place % across * l.segmentWidth, y: place / across * l.segmentHeight,
			sample: i / (across * down),
		}
		s.width, s.height = min(l.segmentWidth, l.width-s.x), min(l.segmentHeight, l.height-s.y)
		want := stride * s.height
		if s.data = l.stored(i, want); s.data == nil {
			return fmt.Errorf("row %d of %d: file ends early", s.y, l.height)
		}
		rows, err := l.unpack(s.data, buffer[:0], want, s)
		if err == nil && len(rows) < want {
			err = errors.New("strip or tile ends early")
		}
		if err != nil {
			return fmt.Errorf("row %d of %d: %w", s.y, l.height, err)
		}
		if rows = rows[:want]; l.differences() {
			for y := range s.height {
				l.unpredict(rows[y*stride : (y+1)*stride])
			}
		}
		if err := visit(s, rows, stride); err != nil {
			return err
		}
	}
	return nil
}
