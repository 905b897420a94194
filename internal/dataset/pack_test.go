package dataset

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"slices"
	"testing"
)

func FuzzPack(f *testing.F) {
	var pixels bytes.Buffer
	p := newPacker(&pixels, []string{"a"})
	p.add(
		sample{
			entry: entry{name: "x"}, box: Box{Bottom: 1, Right: 1},
			img: Image{Width: 2, Height: 1, Pix: []byte{1, 2, 3, 4, 5, 6}},
		},
	)
	if err := p.finish(nil); err != nil {
		f.Fatal(err)
	}
	head, tail, err := p.encode([32]byte{})
	if err != nil {
		f.Fatal(err)
	}
	whole := slices.Concat(head, pixels.Bytes(), tail)
	f.Add(whole, false)
	f.Add(whole[:headerSize], false)
	f.Add(whole, true)
	f.Fuzz(func(t *testing.T, data []byte, sealed bool) {
		if sealed {
			data = seal(data)
		}
		if set, err := parsePack(data, [32]byte{}); err == nil {
			readAll(set)
		}
	})
}

// FuzzIndex: sums do not protect against a writer's mistake; the index is checked for itself.
func FuzzIndex(f *testing.F) {
	f.Add(int32(0), int32(2), int32(1), 6)
	f.Add(int32(1), int32(1<<31-1), int32(1<<31-1), 6)
	f.Fuzz(func(t *testing.T, label, width, height int32, size int) {
		ix := index{
			Classes: []string{"a"}, Names: []string{"x"}, Labels: []int32{label},
			Widths: []int32{width}, Heights: []int32{height},
		}
		if set, err := newSet(ix, make([]byte, min(max(size, 0), 1<<16))); err == nil {
			readAll(set)
		}
	})
}

// seal makes the sums right, so that what lies behind them is reached.
func seal(file []byte) []byte {
	var h header
	if n, err := binary.Decode(file, binary.LittleEndian, &h); err != nil ||
		h.PixelBytes > uint64(len(file)-n) {
		return file
	}
	data := bytes.Clone(file)
	body := data[headerSize:]
	h.Magic, h.Version, h.Key = [8]byte([]byte(packMagic)), packVersion, [32]byte{}
	h.IndexBytes = uint64(len(body)) - h.PixelBytes
	h.PixelCRC = crc32.Checksum(body[:h.PixelBytes], castagnoli)
	h.IndexCRC = crc32.Checksum(body[h.PixelBytes:], castagnoli)
	binary.Encode(data, binary.LittleEndian, h)
	binary.LittleEndian.PutUint32(
		data[headerSize-4:], crc32.Checksum(data[:headerSize-4], castagnoli),
	)
	return data
}

func readAll(s *Set) {
	for i := range s.Len() {
		img := s.Image(i)
		if label := s.Label(i); len(s.Classes()) > 0 && label >= 0 { // else without a label
			_ = s.Classes()[label]
		}
		if len(img.Pix) != 3*img.Width*img.Height {
			panic("image and pixels differ")
		}
	}
}
