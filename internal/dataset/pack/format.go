package pack

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"

	"cmae/internal/contrastivecrop"
	"cmae/internal/dataset/augment"
	"cmae/internal/dataset/eightbit"
)

// A packed file is a header, the pixels of all images one after the other, and the index as JSON.
// The header is written last.
const (
	packMagic  = "CMAEPACK"
	Version    = 1
	headerSize = 8 + 4 + 4 + 32 + 8 + 8 + 4 + 4 + 4 + 4
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// header is little endian on disk, headerSize bytes.
type header struct {
	Magic      [8]byte
	Version    uint32
	Count      uint32 // images
	Key        [32]byte
	PixelBytes uint64
	IndexBytes uint64
	PixelCRC   uint32 // CRC-32C, as all sums here
	IndexCRC   uint32
	Reserved   uint32
	HeaderCRC  uint32 // of the header before this field
}

// Index is all of a split but its pixels: one value an image, in order.
type Index struct {
	Classes []string              `json:"classes"`
	Names   []string              `json:"names"`
	Labels  []int32               `json:"labels"`
	Widths  []int32               `json:"widths"`
	Heights []int32               `json:"heights"`
	Boxes   []contrastivecrop.Box `json:"boxes,omitempty"` // zero for none; absent when all are
	// of a pixel; 0 for 3
	Channels int `json:"channels,omitempty"`

	// the data folder that the file was made from; no part of the digest
	Source string `json:"source,omitempty"`

	PixelSHA string `json:"pixel_sha256"`
	Digest   string `json:"digest"`
	Bad      []Bad  `json:"bad,omitempty"`
	// of the images that are in it
	Traits eightbit.Tallies `json:"traits,omitempty"`
	// some were left out for want of a library
	Lacking bool `json:"lacking_library,omitempty"`
	// that chose substitutes, where there are some
	Seed   *uint64          `json:"seed,omitempty"`
	Levels *eightbit.Levels `json:"levels,omitempty"` // that images of more than 8 bits were read with
}

// PixelChannels is the number of channels of a pixel.
func (ix *Index) PixelChannels() int { return cmp.Or(ix.Channels, 3) }

// MostChannels bounds the channels of an image.
const MostChannels = 16

// checkedPixels is how many bytes of pixels are summed at every opening, in a fraction of a second.
// Of larger sets the header and the index alone are: a command would read hundreds of gigabytes
// before it began.
const checkedPixels = 2 << 30

var errChecksum = errors.New("checksum differs")

// ErrStale says that a packed file is whole but of other data.
var ErrStale = errors.New("packed from other data or options")

// Bad is a file that could not be used.
type Bad struct {
	Path   string `json:"path"`
	Reason string `json:"reason"`
	// the image that stands in its place (data.on_error: replace)
	Substitute string `json:"substitute,omitempty"`
}

// Image is one to be packed.
type Image struct {
	augment.Image
	Name   string // path inside the data folder, or file[record]
	Label  int    // -1 for none among others that have one
	Box    contrastivecrop.Box
	Traits eightbit.Traits
}

// Packer writes pixels to out as they come and keeps the rest for the index.
type Packer struct {
	Index Index

	out    io.Writer
	boxed  bool
	traits eightbit.Tallies
	bytes  uint64
	crc    uint32
	sha    hash.Hash
}

// NewPacker is for a split of these classes, none without labels.
func NewPacker(out io.Writer, classes []string) *Packer {
	return &Packer{out: out, Index: Index{Classes: classes}, sha: sha256.New()}
}

// Add writes an image and counts it.
func (p *Packer) Add(one Image) error {
	p.Count(one)
	_, err := p.out.Write(one.Pix)
	return err
}

// Count is Add for an image whose pixels are in the file already.
func (p *Packer) Count(one Image) {
	ix := &p.Index
	ix.Names = append(ix.Names, one.Name)
	ix.Labels = append(ix.Labels, int32(one.Label))
	ix.Widths = append(ix.Widths, int32(one.Width))
	ix.Heights = append(ix.Heights, int32(one.Height))
	ix.Boxes = append(ix.Boxes, one.Box)
	if n := one.Channels(); n != 3 {
		ix.Channels = n
	}
	p.traits.Add(one.Traits, one.Name)
	p.boxed = p.boxed || one.Box != contrastivecrop.Box{}
	p.bytes += uint64(len(one.Pix))
	p.crc = crc32.Update(p.crc, castagnoli, one.Pix)
	p.sha.Write(one.Pix)
}

// Finish completes the index; the digest covers it but for the list of bad files and what else was
// found.
func (p *Packer) Finish(bad []Bad) error {
	if !p.boxed {
		p.Index.Boxes = nil
	}
	p.Index.PixelSHA = hex.EncodeToString(p.sha.Sum(nil))
	text, err := json.Marshal(p.Index)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(text)
	p.Index.Digest = hex.EncodeToString(sum[:])
	p.Index.Bad, p.Index.Traits = bad, p.traits
	return nil
}

// encode gives the header and the index as they stand in the file.
func (p *Packer) encode(key [32]byte) (head, tail []byte, err error) {
	if tail, err = json.Marshal(p.Index); err != nil {
		return nil, nil, err
	}
	h := header{
		Magic: [8]byte([]byte(packMagic)), Version: Version, Key: key,
		Count: uint32(len(p.Index.Names)), PixelBytes: p.bytes, IndexBytes: uint64(len(tail)),
		PixelCRC: p.crc, IndexCRC: crc32.Checksum(tail, castagnoli),
	}
	var buffer bytes.Buffer
	if err := binary.Write(&buffer, binary.LittleEndian, h); err != nil {
		return nil, nil, err
	}
	head = buffer.Bytes()
	binary.LittleEndian.PutUint32(
		head[headerSize-4:], crc32.Checksum(head[:headerSize-4], castagnoli),
	)
	return head, tail, nil
}

// parse checks a packed file, pixels up to checkedPixels, and gives the images in it, which alias
// data.
func parse(data []byte, key [32]byte) (*Images, error) {
	var h header
	if len(data) < headerSize {
		return nil, fmt.Errorf("%d bytes are no packed file", len(data))
	}
	if _, err := binary.Decode(data, binary.LittleEndian, &h); err != nil {
		return nil, err
	}
	if err := h.check(data[:headerSize], int64(len(data))); err != nil {
		return nil, err
	}
	if h.Key != key {
		return nil, ErrStale
	}
	pixels, text := data[headerSize:][:h.PixelBytes:h.PixelBytes], data[headerSize+h.PixelBytes:]
	if crc32.Checksum(text, castagnoli) != h.IndexCRC || h.PixelBytes <= checkedPixels &&
		crc32.Checksum(pixels, castagnoli) != h.PixelCRC {
		return nil, errChecksum
	}
	var ix Index
	if err := json.Unmarshal(text, &ix); err != nil {
		return nil, err
	}
	if int(h.Count) != len(ix.Names) {
		return nil, fmt.Errorf("header counts %d images, the index %d", h.Count, len(ix.Names))
	}
	return NewImages(ix, pixels)
}

// check looks at the header of a file of size bytes: data is what it was read from.
func (h *header) check(data []byte, size int64) error {
	if string(h.Magic[:]) != packMagic ||
		h.HeaderCRC != crc32.Checksum(data[:headerSize-4], castagnoli) {
		return errors.New("damaged header")
	}
	if h.Version != Version {
		return ErrStale
	}
	body := uint64(size - headerSize)
	if h.PixelBytes > body || h.IndexBytes != body-h.PixelBytes {
		return fmt.Errorf(
			"header asks for %d+%d bytes, the file has %d", h.PixelBytes, h.IndexBytes, body,
		)
	}
	return nil
}

// Images are those of a split: image i lies at Offsets[i] in Pixels, Channels of its pixels
// interleaved, rows top down.
type Images struct {
	Index   Index
	Offsets []int
	Pixels  []byte
}

// NewImages checks that the index is of one piece and fits the pixels.
func NewImages(ix Index, pixels []byte) (*Images, error) {
	n := len(ix.Names)
	if len(ix.Labels) != n || len(ix.Widths) != n || len(ix.Heights) != n ||
		(len(ix.Boxes) != 0 && len(ix.Boxes) != n) {
		return nil, errors.New("index with columns of different lengths")
	}
	channels := ix.PixelChannels()
	if channels < 1 || channels > MostChannels {
		return nil, fmt.Errorf("index: %d channels", channels)
	}
	all := &Images{Index: ix, Pixels: pixels, Offsets: make([]int, n+1)}
	for i := range n {
		least := int32(0)
		if len(ix.Classes) > 0 {
			least = -1
		}
		if ix.Labels[i] < least || int(ix.Labels[i]) >= max(1, len(ix.Classes)) ||
			ix.Widths[i] <= 0 || ix.Heights[i] <= 0 {
			return nil, fmt.Errorf("index: image %d: impossible label or size", i)
		}
		area := int(ix.Widths[i]) * int(ix.Heights[i]) // below 2^62
		if left := len(pixels) - all.Offsets[i]; area > left/channels {
			return nil, fmt.Errorf("index: image %d lies outside the file", i)
		}
		all.Offsets[i+1] = all.Offsets[i] + channels*area
	}
	if all.Offsets[n] != len(pixels) {
		return nil, errors.New("index does not cover the pixels")
	}
	return all, nil
}
