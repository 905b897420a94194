package dataset

import (
	"slices"

	"cmae/internal/contrastivecrop"
	"cmae/internal/dataset/augment"
	"cmae/internal/dataset/pack"
)

// Set is one split, decoded. It is immutable and safe for concurrent use; its pixels stay mapped
// until the process ends.
type Set struct {
	index   pack.Index
	offsets []int // of each image in pixels
	pixels  []byte
	titles  map[string]string // of classes, where they are called otherwise than by name
}

func setOf(p *pack.Images) *Set {
	return &Set{index: p.Index, offsets: p.Offsets, pixels: p.Pixels}
}

// Image is 8-bit channels, RGB by default, as views are made of it. Of a Set, Pix aliases the set:
// writing to it faults.
type Image = augment.Image

// Box is a rectangle around an object, as crops are bound by it.
type Box = contrastivecrop.Box

// Len is the number of images.
func (s *Set) Len() int { return len(s.index.Names) }

// Classes are the names of the classes, in the order of the labels; none where the images have no
// labels.
func (s *Set) Classes() []string { return s.index.Classes }

// Label is image i's index in Classes: -1 for an image without a label among others that have one,
// 0 where there are no classes.
func (s *Set) Label(i int) int { return int(s.index.Labels[i]) }

// Counts are the numbers of images of every class [C].
func (s *Set) Counts() []int {
	counts := make([]int, len(s.index.Classes))
	for _, label := range s.index.Labels {
		if label >= 0 {
			counts[label]++
		}
	}
	return counts
}

// Titles are what people call the classes, in the order of the labels: their names, or what
// Tiny-ImageNet's words.txt has for them.
func (s *Set) Titles() []string {
	titles := slices.Clone(s.Classes())
	for i, class := range titles {
		titles[i] = s.titleOf(class)
	}
	return titles
}

func (s *Set) titleOf(class string) string {
	if title, found := s.titles[class]; found {
		return title
	}
	return class
}

// Title is what people call image i's class, empty where it has none.
func (s *Set) Title(i int) string {
	if len(s.Classes()) == 0 || s.Label(i) < 0 {
		return ""
	}
	return s.titleOf(s.Classes()[s.Label(i)])
}

// Name is image i's path inside the data folder, or file[record].
func (s *Set) Name(i int) string { return s.index.Names[i] }

// Image gives image i without copying.
func (s *Set) Image(i int) Image {
	end := s.offsets[i] + s.Channels()*int(s.index.Widths[i])*int(s.index.Heights[i])
	return Image{
		Width:  int(s.index.Widths[i]),
		Height: int(s.index.Heights[i]),
		Pix:    s.pixels[s.offsets[i]:end:end],
	}
}

// Channels is the number of channels of the images.
func (s *Set) Channels() int { return s.index.PixelChannels() }

// Box is the annotated rectangle of image i, if the data has a usable one.
func (s *Set) Box(i int) (Box, bool) {
	if len(s.index.Boxes) == 0 || s.index.Boxes[i] == (Box{}) {
		return Box{}, false
	}
	return s.index.Boxes[i], true
}

// Size is the side of the images when all are square and equal, else 0.
func (s *Set) Size() int {
	side := s.index.Widths[0]
	for i := range s.index.Widths {
		if s.index.Widths[i] != side || s.index.Heights[i] != side {
			return 0
		}
	}
	return int(side)
}

// Digest is a hash of all that the set holds: names, labels, boxes, classes and pixels. Equal data
// gives equal digests wherever it lies.
func (s *Set) Digest() string { return s.index.Digest }
