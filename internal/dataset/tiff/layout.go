package tiff

import (
	"errors"
	"fmt"
	"slices"
)

// Compressions.
const (
	packNone    = 1
	packRLE     = 2
	packFax3    = 3
	packFax4    = 4
	packLZW     = 5
	packOldJPEG = 6
	packJPEG    = 7
	packDeflate = 8
	packBits    = 32773
	packDeflat2 = 32946
	packZstd    = 50000
	packWebP    = 50001
)

// unread names compressions that are refused.
var unread = map[int]string{
	9: "JBIG", 10: "JBIG", 32771: "CCITT RLE by words", 32809: "ThunderScan",
	32908: "PixarFilm", 32909: "PixarLog", 33003: "JPEG 2000", 33005: "JPEG 2000", 34661: "JBIG",
	34676: "SGI LogLuv", 34677: "SGI LogLuv", 34712: "JPEG 2000", 34887: "LERC", 34925: "LZMA",
	50002: "JPEG XL", 52546: "JPEG XL",
}

// Photometric interpretations.
const (
	whiteIsZero = 0
	blackIsZero = 1
	colours     = 2
	palette     = 3
	mask        = 4
	separated   = 5
	yCbCr       = 6
	linearRaw   = 34892
)

var otherColours = map[int]string{
	8: "CIE L*a*b*", 9: "ICC L*a*b*", 10: "ITU L*a*b*", 32803: "raw sensor data", 32844: "LogL",
	32845: "LogLuv",
}

// Formats of samples.
const (
	unsigned = 1
	signed   = 2
	floating = 3
)

// layout is what the tags of a page mean.
type layout struct {
	*directory
	width, height int
	bits, format  int
	samples       int // of a pixel
	planar        bool
	compression   int
	photometric   int
	predictor     int
	reversed      bool // bits in bytes
	extra         []int

	tiled                       bool
	segmentWidth, segmentHeight int
	offsets, counts             []int
	jpegTables                  []byte
}

// perPixel is how many samples of a pixel a segment holds.
func (l *layout) perPixel() int {
	if l.planar {
		return 1
	}
	return l.samples
}

func (f *file) layout(d *directory) (*layout, error) {
	l := &layout{
		directory: d, width: d.number(tagWidth, 0), height: d.number(tagHeight, 0),
		samples: d.number(tagSamples, 1), compression: d.number(tagCompression, 1),
		photometric: d.number(tagPhotometric, -1), planar: d.number(tagPlanar, 1) == 2,
		predictor: d.number(tagPredictor, 1), reversed: d.number(tagFillOrder, 1) == 2,
		extra: d.numbers(tagExtraSamples), jpegTables: d.fields[tagJPEGTables].data,
	}
	bits, formats := d.numbers(tagBits), d.numbers(tagSampleFormat)
	if len(bits) == 0 {
		bits = []int{1}
	}
	if len(formats) == 0 {
		formats = []int{unsigned}
	}
	l.bits, l.format = bits[0], formats[0]
	switch {
	case l.samples < 1 || l.samples > 1<<14:
		return nil, errDamaged
	case slices.ContainsFunc(bits, func(b int) bool { return b != l.bits }):
		return nil, fmt.Errorf("samples of %v bits", bits)
	case slices.ContainsFunc(formats, func(f int) bool { return f != l.format }):
		return nil, errors.New("samples of several formats")
	}
	if l.format == 4 { // undefined
		l.format = unsigned
	}
	if l.photometric < 0 { // some scanners leave it out
		if l.photometric = blackIsZero; l.samples >= 3 {
			l.photometric = colours
		}
	}
	return l, l.check()
}

// check refuses what cannot be read, by name.
func (l *layout) check() error {
	if name, no := unread[l.compression]; no {
		return fmt.Errorf("compression %s is not read: save it with another, such as deflate", name)
	}
	if name, no := otherColours[l.photometric]; no {
		return fmt.Errorf("colours as %s are not read: save it as RGB", name)
	}
	whole := l.bits >= 1 && l.bits <= 16 || l.bits == 24 || l.bits == 32
	switch {
	case l.format == floating && l.bits != 16 && l.bits != 24 && l.bits != 32 && l.bits != 64,
		l.format != floating && !whole, l.format > floating:
		return fmt.Errorf("samples of %d bits and format %d are not read", l.bits, l.format)
	case l.predictor == 3 && l.format != floating:
		return errors.New("predictor for floats with another format")
	case l.predictor < 1 || l.predictor > 3:
		return fmt.Errorf("predictor %d is not read", l.predictor)
	case l.predictor == 2 && l.bits != 8 && l.bits != 16 && l.bits != 32 && l.bits != 64:
		return fmt.Errorf("differences of %d bits are not read", l.bits)
	case l.photometric == separated && l.number(tagInkSet, 1) != 1:
		return errors.New("inks other than CMYK are not read: save it as RGB")
	}
	switch l.compression {
	case packJPEG, packOldJPEG, packWebP:
		if l.photometric == palette {
			return errors.New("a palette of JPEG or WebP is not read: save it as RGB")
		}
	}
	need := map[int]int{colours: 3, separated: 4, yCbCr: 3}[l.photometric]
	if l.samples < need {
		return fmt.Errorf("%d samples for photometric interpretation %d", l.samples, l.photometric)
	}
	if l.photometric > yCbCr && l.photometric != linearRaw || l.photometric == palette &&
		(l.bits > 16 || l.format != unsigned) {
		return fmt.Errorf("photometric interpretation %d is not read", l.photometric)
	}
	return nil
}

// segments finds strips or tiles.
func (l *layout) segments() error {
	if l.segmentWidth = l.number(tagTileWidth, 0); l.segmentWidth > 0 {
		l.tiled, l.segmentHeight = true, l.number(tagTileHeight, 0)
		l.offsets, l.counts = l.numbers(tagTileOffsets), l.numbers(tagTileCounts)
		if len(l.offsets) == 0 {
			l.offsets, l.counts = l.numbers(tagStripOffsets), l.numbers(tagStripCounts)
		}
	} else {
		l.segmentWidth = l.width
		l.segmentHeight = min(l.number(tagRowsPerStrip, l.height), max(l.height, 1))
		l.offsets, l.counts = l.numbers(tagStripOffsets), l.numbers(tagStripCounts)
	}
	if l.segmentWidth < 1 || l.segmentHeight < 1 || l.width < 1 || l.height < 1 ||
		l.segmentWidth > 1<<30 || l.segmentHeight > 1<<30 {
		return errDamaged
	}
	if l.compression == packOldJPEG {
		return nil
	}
	need := l.across() * l.down()
	if l.planar {
		need *= l.samples
	}
	if need == 1 && len(l.offsets) == 1 && (len(l.counts) == 0 || l.counts[0] == 0) {
		l.counts = []int{max(len(l.data)-l.offsets[0], 0)} // the rest of the file
	}
	if len(l.offsets) < need || len(l.counts) < need && l.compression != packNone {
		return errors.New("strips or tiles are missing")
	}
	return l.bounded(need)
}

// bounded refuses strips and tiles that lie upon each other, so that a small file would be unpacked
// again and again. Those of one colour may be the same.
func (l *layout) bounded(n int) error {
	most := 2*len(l.data) + l.width*l.height*l.samples*(l.bits+7)/2
	for i := 0; i < n && l.compression != packNone; i++ {
		if most -= max(l.counts[i], 0); most < 0 {
			return errors.New("strips or tiles overlap beyond measure")
		}
	}
	return nil
}

// stored gives a strip or tile as the file has it. What writers say of the size of an uncompressed
// one may be wrong, and need not be believed: want bytes are.
func (l *layout) stored(i, want int) []byte {
	if l.compression != packNone {
		want = l.counts[i]
	}
	return l.at(uint64(l.offsets[i]), uint64(want))
}

func (l *layout) across() int { return (l.width + l.segmentWidth - 1) / l.segmentWidth }
func (l *layout) down() int   { return (l.height + l.segmentHeight - 1) / l.segmentHeight }
