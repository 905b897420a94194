package tiff

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"
	"time"
)

var le = binary.LittleEndian

// tag is a number, or several that lie elsewhere.
type tag struct{ id, n, value int }

// page is a directory of numbers of four bytes, to which next is added.
func page(tags ...tag) []byte {
	out := le.AppendUint16(nil, uint16(len(tags)))
	for _, t := range tags {
		out = le.AppendUint16(le.AppendUint16(out, uint16(t.id)), 4)
		out = le.AppendUint32(le.AppendUint32(out, uint32(t.n)), uint32(t.value))
	}
	return out
}

const header = "II*\x00\x08\x00\x00\x00"

// TestChain: pages are counted in the time that their number takes, although each has 65,535 tags,
// which lie upon those of the next.
func TestChain(t *testing.T) {
	const pages, tags = 60000, 65535
	first := page(
		tag{tagWidth, 1, 1}, tag{tagHeight, 1, 1}, tag{tagBits, 1, 8}, tag{tagStripOffsets, 1, 8},
		tag{tagStripCounts, 1, 1},
	)
	at := len(header) + len(first) + 4
	data := le.AppendUint32(append([]byte(header), first...), uint32(at))
	data = append(data, bytes.Repeat([]byte{0xff, 0xff, 0, 0}, pages)...)
	data = append(data, make([]byte, 2+12*tags-4*pages)...)
	for i := range pages - 1 {
		data = le.AppendUint32(data, uint32(at+4*(i+1)))
	}
	data = append(data, 0, 0, 0, 0)
	start := time.Now()
	p, err := Decode(data, 1, Bands{})
	if err != nil || p.Pages != pages+1 {
		t.Fatalf("%+v, %v", p, err)
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("took %v", took)
	}
}

// TestOverlap: strips that lie upon each other are not unpacked again and again.
func TestOverlap(t *testing.T) {
	const strips, junk = 10000, 300000
	tags := func(at int) []byte {
		return page(
			tag{tagWidth, 1, 1}, tag{tagHeight, 1, strips}, tag{tagBits, 1, 8},
			tag{tagCompression, 1, packBits}, tag{tagStripOffsets, strips, at},
			tag{tagRowsPerStrip, 1, 1}, tag{tagStripCounts, strips, at + 4*strips},
		)
	}
	at := len(header) + len(tags(0)) + 4
	data := append(append([]byte(header), tags(at)...), 0, 0, 0, 0)
	for range strips {
		data = le.AppendUint32(data, uint32(at+8*strips))
	}
	for range strips {
		data = le.AppendUint32(data, junk)
	}
	data = append(data, bytes.Repeat([]byte{0x80}, junk)...) // codes that give nothing
	if _, err := Decode(data, strips, Bands{}); err == nil ||
		!strings.Contains(err.Error(), "overlap") {
		t.Errorf("got %v", err)
	}
}

// TestPalette16: indices of 16 bits are looked up as those of 8 are.
func TestPalette16(t *testing.T) {
	const colours = 1 << 16
	tags := func(at int) []byte {
		return page(
			tag{tagWidth, 1, 2}, tag{tagHeight, 1, 1}, tag{tagBits, 1, 16},
			tag{tagPhotometric, 1, palette}, tag{tagStripOffsets, 1, at},
			tag{tagColorMap, 3 * colours, at + 4},
		)
	}
	at := len(header) + len(tags(0)) + 4
	data := append(append([]byte(header), tags(at)...), 0, 0, 0, 0)
	data = le.AppendUint16(le.AppendUint16(data, 1000), 50000)
	for channel := range 3 {
		for i := range colours {
			data = le.AppendUint32(data, uint32(i/256*(channel+1)%256<<8))
		}
	}
	p, err := Decode(data, 2, Bands{})
	if want := []uint8{3, 6, 9, 195, 134, 73}; err != nil || !bytes.Equal(p.Pix, want) {
		t.Errorf("%+v, %v, want %v", p, err, want)
	}
}
