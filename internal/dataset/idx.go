package dataset

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"cmae/internal/dataset/eightbit"
)

const (
	maxRawBytes = 4 << 30 // of one file of raw pixels
	// expanding to this much is fine whatever the ratio: labels pack very well
	trustedBytes = 16 << 20
	maxExpansion = 100 // of gzip beyond that; real images stay below 10
)

// readIDX reads the four files of MNIST's layout, plain or gzipped; class names come from
// classes.txt, one a line, or are numbers. Images have one channel, or else three that are equal.
func readIDX(f folder, channels int) (train, test *source, err error) {
	if train, err = readIDXSplit(f, "train", "train", channels); err != nil {
		return nil, nil, err
	}
	prefix := "t10k"
	if findIDX(f, prefix, "images", 3) == "" {
		prefix = "test"
	}
	if test, err = readIDXSplit(f, "test", prefix, channels); err != nil {
		return nil, nil, err
	}
	numClasses := max(maxLabel(train), maxLabel(test)) + 1
	classes, err := f.lines("classes.txt")
	if err != nil {
		return nil, nil, err
	}
	if classes == nil {
		for i := range numClasses {
			classes = append(classes, strconv.Itoa(i))
		}
	}
	if len(classes) < numClasses {
		return nil, nil, faultOf(
			f.full("classes.txt"), "add the missing names",
			"has %d names, but the labels go up to %d", len(classes), numClasses-1,
		)
	}
	train.classes, test.classes = classes, classes
	return train, test, nil
}

func maxLabel(s *source) int {
	return slices.MaxFunc(s.entries, func(a, b entry) int { return a.label - b.label }).label
}

// findIDX gives the file PREFIX-KIND-idxN-ubyte[.gz] that exists, or "".
func findIDX(f folder, prefix, kind string, rank int) string {
	for _, pattern := range []string{"%s-%s-idx%d-ubyte", "%s-%s.idx%d-ubyte"} {
		name := fmt.Sprintf(pattern, prefix, kind, rank)
		for _, candidate := range []string{name, name + ".gz"} {
			if f.has(candidate) {
				return candidate
			}
		}
	}
	return ""
}

func readIDXSplit(f folder, split, prefix string, channels int) (*source, error) {
	imageFile, labelFile := findIDX(f, prefix, "images", 3), findIDX(f, prefix, "labels", 1)
	if imageFile == "" || labelFile == "" {
		return nil, faultOf(
			f.path, "put it there, plain or as .gz",
			"lacks %s-images-idx3-ubyte or %s-labels-idx1-ubyte", prefix, prefix,
		)
	}
	pixels, size, stamp, err := readIDXFile(f, imageFile, 3)
	if err != nil {
		return nil, err
	}
	labels, count, labelStamp, err := readIDXFile(f, labelFile, 1)
	if err != nil {
		return nil, err
	}
	if count[0] != size[0] {
		return nil, faultOf(
			f.full(labelFile), "take both files from one source", "has %d labels for %d images",
			count[0], size[0],
		)
	}
	if len(labels) == 0 || len(pixels) == 0 {
		return nil, faultOf(f.full(imageFile), "", "holds no images")
	}
	height, width := size[1], size[2]
	s := &source{name: split, entries: make([]entry, len(labels))}
	s.load = func(e entry, use func(Image, eightbit.Traits)) error {
		plane := pixels[e.record*width*height:][:width*height]
		if channels == 1 {
			use(Image{Width: width, Height: height, Pix: plane}, eightbit.Traits{Bands: 1})
		} else {
			use(planarToRGB(width, height, plane, plane, plane), eightbit.Traits{Bands: 1})
		}
		return nil
	}
	for i, label := range labels {
		s.entries[i] = entry{
			name: fmt.Sprintf("%s[%d]", imageFile, i), label: int(label), record: i,
			stamp: stamp + labelStamp,
		}
	}
	return s, nil
}

// readIDXFile gives the bytes of an IDX file of unsigned bytes, its sizes, and a hash of it.
func readIDXFile(
	f folder, name string, rank int,
) (data []byte, size []int, stamp string, err error) {
	raw, err := f.read(name, maxRawBytes)
	if err != nil {
		return nil, nil, "", err
	}
	data, size, err = parseIDX(raw, strings.HasSuffix(name, ".gz"), rank)
	if err != nil {
		return nil, nil, "", faultOf(f.full(name), "get the file again", "%w", err)
	}
	sum := sha256.Sum256(raw)
	return data, size, hex.EncodeToString(sum[:8]), nil
}

// parseIDX reads magic (0, 0, type, rank), the sizes as 32-bit big endian, then the values. The
// sizes are checked against the file, or for gzip against what it can plausibly hold, before memory
// is taken.
func parseIDX(raw []byte, zipped bool, rank int) (data []byte, size []int, err error) {
	var from io.Reader = bytes.NewReader(raw)
	if zipped {
		if from, err = gzip.NewReader(from); err != nil {
			return nil, nil, err
		}
	}
	header := make([]byte, 4+4*rank)
	if _, err := io.ReadFull(from, header); err != nil {
		return nil, nil, fmt.Errorf("idx header: %w", err)
	}
	const unsignedByte = 8
	if want := [4]byte{0, 0, unsignedByte, byte(rank)}; [4]byte(header[:4]) != want {
		return nil, nil, fmt.Errorf(
			"idx magic is %x, not %x (unsigned bytes of rank %d)", header[:4], want, rank,
		)
	}
	total := int64(1)
	for i := range rank {
		n := int64(binary.BigEndian.Uint32(header[4+4*i:]))
		if n > maxRawBytes/max(total, 1) {
			return nil, nil, fmt.Errorf("idx sizes ask for more than %d bytes", int64(maxRawBytes))
		}
		total *= n
		size = append(size, int(n))
	}
	stored := int64(len(raw) - len(header))
	if !zipped && total != stored {
		return nil, nil, fmt.Errorf(
			"idx sizes %v ask for %d bytes, the file has %d", size, total, stored,
		)
	}
	if zipped && total > trustedBytes && total > maxExpansion*int64(len(raw)) {
		return nil, nil, fmt.Errorf(
			"idx sizes %v ask for more than %d times the zipped %d bytes", size, maxExpansion,
			len(raw),
		)
	}
	data = make([]byte, total)
	if _, err := io.ReadFull(from, data); err != nil {
		return nil, nil, fmt.Errorf("idx values %v: %w", size, err)
	}
	// at the end gzip checks its sum
	if n, err := from.Read(make([]byte, 1)); n != 0 || err != io.EOF {
		return nil, nil, fmt.Errorf(
			"idx values %v: trailing bytes or a wrong checksum (%v)", size, err,
		)
	}
	return data, size, nil
}
