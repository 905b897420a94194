package features

import (
	"cmae/internal/comm"
	"cmae/internal/dataset/augment"
	"cmae/internal/dataset/loader"
	"cmae/internal/kernel"
)

// Part is the images of a split that one of several processes looks at: as many as the others', but
// at the end of the split.
type Part struct {
	loader.Source
	each, from, to int
}

// PartOf is the part of this process.
func PartOf(p comm.Processes, whole loader.Source) Part {
	n := whole.Len()
	if !comm.Several(p) {
		return Part{whole, n, 0, n}
	}
	each := (n + p.Size() - 1) / p.Size()
	from := min(p.Rank()*each, n-1) // a process that none is left for encodes the last again
	return Part{whole, each, from, min(from+each, n)}
}

// Len is how many images the part has.
func (p Part) Len() int { return p.to - p.from }

// Image is an image of the part.
func (p Part) Image(i int) augment.Image { return p.Source.Image(p.from + i) }

// Label is the label of an image of the part.
func (p Part) Label(i int) int { return p.Source.Label(p.from + i) }

// Join is what all processes have of the images of their parts, as many values of each, in the
// order of the split.
func Join[E kernel.Element](p Part, processes comm.Processes, own []E) []E {
	if !comm.Several(processes) {
		return own
	}
	width := len(own) / p.Len()
	mine := make([]E, p.each*width)
	copy(mine, own)
	all := make([]E, len(mine)*processes.Size())
	processes.Go(func(l comm.Link) { l.AllGather(kernel.Bytes(all), kernel.Bytes(mine)) })()
	return all[:p.Source.Len()*width]
}
