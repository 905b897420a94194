package dataset

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"cmae/internal/dataset/eightbit"
)

// cifarSide is the side of CIFAR's images; a record is its labels, then the R, G and B planes.
const cifarSide = 32

// cifarLayout is where the two CIFAR sets differ.
type cifarLayout struct {
	train, test []string
	names       string // file of class names
	// labels in front of a record; the last one is used (CIFAR-100: coarse, fine)
	labelBytes int
	numClasses int
}

var (
	cifar10 = cifarLayout{
		train: []string{
			"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin",
			"data_batch_5.bin",
		},
		test: []string{"test_batch.bin"}, names: "batches.meta.txt", labelBytes: 1, numClasses: 10,
	}
	cifar100 = cifarLayout{
		train: []string{"train.bin"}, test: []string{"test.bin"},
		names: "fine_label_names.txt", labelBytes: 2, numClasses: 100,
	}
)

// readCIFAR reads the binary version of CIFAR-10 or CIFAR-100. Of CIFAR-10's five files some may be
// missing, not all.
func readCIFAR(f folder, layout cifarLayout) (train, test *source, err error) {
	classes, err := f.lines(layout.names)
	if err != nil {
		return nil, nil, err
	}
	if classes == nil {
		for i := range layout.numClasses {
			classes = append(classes, strconv.Itoa(i))
		}
	}
	if len(classes) != layout.numClasses {
		return nil, nil, faultOf(
			f.full(layout.names), "get the file again, or remove it", "has %d names, not %d",
			len(classes), layout.numClasses,
		)
	}
	if train, err = readCIFARSplit(f, layout, "train", layout.train, classes); err != nil {
		return nil, nil, err
	}
	test, err = readCIFARSplit(f, layout, "test", layout.test, classes)
	return train, test, err
}

func readCIFARSplit(
	f folder, layout cifarLayout, split string, files, classes []string,
) (*source, error) {
	const plane = cifarSide * cifarSide
	size := layout.labelBytes + 3*plane
	s := &source{name: split, classes: classes}
	var records []byte
	var missing []string
	for _, file := range files {
		if !f.has(file) {
			missing = append(missing, file)
			continue
		}
		data, err := f.read(file, maxRawBytes)
		if err != nil {
			return nil, err
		}
		if len(data) == 0 || len(data)%size != 0 {
			return nil, faultOf(
				f.full(file), "get the binary version again",
				"has %d bytes, no multiple of a record's %d", len(data), size,
			)
		}
		sum := sha256.Sum256(data)
		for i := range len(data) / size {
			e := entry{
				name: fmt.Sprintf("%s[%d]", file, i), record: len(s.entries),
				stamp: hex.EncodeToString(sum[:8]),
			}
			if e.label = int(data[i*size+layout.labelBytes-1]); e.label >= layout.numClasses {
				e.label, e.err = 0, fmt.Errorf(
					"label %d is not below %d", e.label, layout.numClasses,
				)
			}
			s.entries = append(s.entries, e)
		}
		records = append(records, data...)
	}
	if len(s.entries) == 0 {
		return nil, faultOf(
			f.path, "set data.path to the folder with CIFAR's binary version", "lacks %s", files[0],
		)
	}
	if len(missing) > 0 {
		s.warn("%s: %s of %d not there", split, strings.Join(missing, ", "), len(files))
	}
	s.load = func(e entry, use func(Image, eightbit.Traits)) error {
		rgb := records[e.record*size+layout.labelBytes:]
		red, green, blue := rgb[:plane], rgb[plane:2*plane], rgb[2*plane:3*plane]
		use(planarToRGB(cifarSide, cifarSide, red, green, blue), eightbit.Traits{Bands: 3})
		return nil
	}
	return s, nil
}
