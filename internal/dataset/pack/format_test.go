package pack

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"slices"
	"testing"

	"cmae/internal/contrastivecrop"
	"cmae/internal/dataset/augment"
)

func FuzzPack(f *testing.F) {
	var pixels bytes.Buffer
	p := NewPacker(&pixels, []string{"a"})
	p.Add(Image{
		Name: "x", Box: contrastivecrop.Box{Bottom: 1, Right: 1},
		Image: augment.Image{Width: 2, Height: 1, Pix: []byte{1, 2, 3, 4, 5, 6}},
	})
	if err := p.Finish(nil); err != nil {
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
		if all, err := parse(data, [32]byte{}); err == nil {
			readAll(all)
		}
	})
}

// FuzzIndex: sums do not protect against a writer's mistake; the index is checked for itself.
func FuzzIndex(f *testing.F) {
	f.Add(int32(0), int32(2), int32(1), 6)
	f.Add(int32(1), int32(1<<31-1), int32(1<<31-1), 6)
	f.Fuzz(func(t *testing.T, label, width, height int32, size int) {
		ix := Index{
			Classes: []string{"a"}, Names: []string{"x"}, Labels: []int32{label},
			Widths: []int32{width}, Heights: []int32{height},
		}
		if all, err := NewImages(ix, make([]byte, min(max(size, 0), 1<<16))); err == nil {
			readAll(all)
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
	h.Magic, h.Version, h.Key = [8]byte([]byte(packMagic)), Version, [32]byte{}
	h.IndexBytes = uint64(len(body)) - h.PixelBytes
	h.PixelCRC = crc32.Checksum(body[:h.PixelBytes], castagnoli)
	h.IndexCRC = crc32.Checksum(body[h.PixelBytes:], castagnoli)
	binary.Encode(data, binary.LittleEndian, h)
	binary.LittleEndian.PutUint32(
		data[headerSize-4:], crc32.Checksum(data[:headerSize-4], castagnoli),
	)
	return data
}

func readAll(all *Images) {
	ix := &all.Index
	for i, at := range all.Offsets[:len(ix.Names)] {
		if label := ix.Labels[i]; len(ix.Classes) > 0 && label >= 0 { // else without a label
			_ = ix.Classes[label]
		}
		bytes := 3 * int(ix.Widths[i]) * int(ix.Heights[i])
		if _ = all.Pixels[at:][:bytes]; all.Offsets[i+1]-at != bytes {
			panic("image and pixels differ")
		}
	}
}
