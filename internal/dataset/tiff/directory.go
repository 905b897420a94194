package tiff

import (
	"encoding/binary"
	"errors"
	"math"
	"strconv"
	"strings"
)

// Tags that are read.
const (
	tagWidth           = 256
	tagHeight          = 257
	tagBits            = 258
	tagCompression     = 259
	tagPhotometric     = 262
	tagFillOrder       = 266
	tagStripOffsets    = 273
	tagOrientation     = 274
	tagSamples         = 277
	tagRowsPerStrip    = 278
	tagStripCounts     = 279
	tagPlanar          = 284
	tagFaxOptions      = 292
	tagPredictor       = 317
	tagColorMap        = 320
	tagTileWidth       = 322
	tagTileHeight      = 323
	tagTileOffsets     = 324
	tagTileCounts      = 325
	tagInkSet          = 332
	tagExtraSamples    = 338
	tagSampleFormat    = 339
	tagJPEGTables      = 347
	tagJPEGStream      = 513
	tagJPEGStreamCount = 514
	tagYCbCrWeights    = 529
	tagYCbCrSampling   = 530
	tagReference       = 532
	tagNoData          = 42113 // GDAL's: the value of what was not measured, as text
)

// sizes are the bytes of a value, by type.
var sizes = [19]int{
	1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8,
	18: 8,
}

var errDamaged = errors.New("a directory or a tag is damaged")

// file is a TIFF file.
type file struct {
	data  []byte
	order binary.ByteOrder
	big   bool
	first uint64 // directory
	bands Bands
}

// open reads the header.
func open(data []byte) (*file, error) {
	f := &file{data: data, order: binary.LittleEndian}
	if !Is(data) || len(data) < 16 {
		return nil, errors.New("no TIFF file")
	}
	if data[0] == 'M' {
		f.order = binary.BigEndian
	}
	if f.big = f.order.Uint16(data[2:]) == 43; f.big {
		f.first = f.order.Uint64(data[8:])
	} else {
		f.first = uint64(f.order.Uint32(data[4:]))
	}
	return f, nil
}

// at gives n bytes of the file, or nil.
func (f *file) at(offset, n uint64) []byte {
	if offset > uint64(len(f.data)) || n > uint64(len(f.data))-offset {
		return nil
	}
	return f.data[offset : offset+n]
}

// field is a tag's values.
type field struct {
	kind int
	data []byte
}

// directory is the tags of a page.
type directory struct {
	*file
	fields map[int]field
}

// table finds the tags of the directory at an offset, and the offset of the next directory.
func (f *file) table(offset uint64) (tags []byte, entry, inline, next uint64, err error) {
	head, entry, inline := uint64(2), uint64(12), uint64(4)
	if f.big {
		head, entry, inline = 8, 20, 8
	}
	start := f.at(offset, head)
	if start == nil {
		return nil, 0, 0, 0, errDamaged
	}
	n := uint64(0)
	if f.big {
		n = f.order.Uint64(start)
	} else {
		n = uint64(f.order.Uint16(start))
	}
	if n > 65535 {
		return nil, 0, 0, 0, errDamaged
	}
	if tags = f.at(offset+head, n*entry); tags == nil {
		return nil, 0, 0, 0, errDamaged
	}
	if behind := f.at(offset+head+n*entry, inline); behind != nil {
		next = f.offset(behind)
	}
	return tags, entry, inline, next, nil
}

// directory reads the one at an offset.
func (f *file) directory(offset uint64) (*directory, error) {
	table, entry, inline, _, err := f.table(offset)
	if err != nil {
		return nil, err
	}
	d := &directory{file: f, fields: make(map[int]field)}
	for ; len(table) > 0; table = table[entry:] {
		kind, count := int(f.order.Uint16(table[2:])), f.offset(table[4:])
		if kind >= len(sizes) || sizes[kind] == 0 || count > uint64(len(f.data)) {
			continue // a tag of no concern may be odd
		}
		size := count * uint64(sizes[kind])
		value := table[entry-inline:][:inline]
		if size > inline {
			value = f.at(f.offset(value), size)
		}
		if value != nil {
			d.fields[int(f.order.Uint16(table))] = field{kind, value[:size]}
		}
	}
	return d, nil
}

// offset reads an offset or a count.
func (f *file) offset(b []byte) uint64 {
	if f.big {
		return f.order.Uint64(b)
	}
	return uint64(f.order.Uint32(b))
}

// pages lists directories, without reading their tags: they may lie upon each other. A list that
// leads back, or away, ends.
func (f *file) pages() (list []uint64) {
	seen := map[uint64]bool{}
	for at := f.first; at != 0 && !seen[at] && len(seen) < 65536; {
		_, _, _, next, err := f.table(at)
		if err != nil {
			break
		}
		seen[at] = true
		list, at = append(list, at), next
	}
	return list
}

// numbers gives a tag's values as whole numbers, those beyond 2^53 as that.
func (d *directory) numbers(tag int) []int {
	f := d.fields[tag]
	var list []int
	for b := f.data; len(b) > 0; b = b[sizes[f.kind]:] {
		v := 0
		switch f.kind {
		case 3:
			v = int(d.order.Uint16(b))
		case 4, 13:
			v = int(d.order.Uint32(b))
		case 9:
			v = int(int32(d.order.Uint32(b)))
		case 8:
			v = int(int16(d.order.Uint16(b)))
		case 16, 17, 18:
			v = int(min(d.order.Uint64(b), 1<<53))
		default:
			v = int(b[0])
		}
		list = append(list, v)
	}
	return list
}

// number is a tag's first value, or what it is when the tag is absent.
func (d *directory) number(tag, absent int) int {
	if list := d.numbers(tag); len(list) > 0 {
		return list[0]
	}
	return absent
}

// value is the number that a tag has as text; nil where it has none.
func (d *directory) value(tag int) *float64 {
	text := strings.TrimRight(string(d.fields[tag].data), " \x00")
	v, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil {
		return nil
	}
	return &v
}

// fractions gives a tag's values as floats.
func (d *directory) fractions(tag int) (list []float64) {
	f := d.fields[tag]
	for b := f.data; len(b) > 0; b = b[sizes[f.kind]:] {
		switch f.kind {
		case 5:
			list = append(list, float64(d.order.Uint32(b))/float64(d.order.Uint32(b[4:])))
		case 11:
			list = append(list, float64(math.Float32frombits(d.order.Uint32(b))))
		case 12:
			list = append(list, math.Float64frombits(d.order.Uint64(b)))
		default:
			return nil
		}
	}
	return list
}
