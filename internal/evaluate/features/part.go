package features

import (
	"cmae/internal/comm"
	"cmae/internal/dataset/augment"
	"cmae/internal/dataset/loader"
	"cmae/internal/kernel"
)

// part is the images of a split that one of several processes encodes: as many as the others', but
// at the end of the split.
type part struct {
	loader.Source
	each, from, to int
}

func partOf(p comm.Processes, whole loader.Source) part {
	n := whole.Len()
	if !comm.Several(p) {
		return part{whole, n, 0, n}
	}
	each := (n + p.Size() - 1) / p.Size()
	from := min(p.Rank()*each, n-1) // a process that none is left for encodes the last again
	return part{whole, each, from, min(from+each, n)}
}

// Len is how many images the part has.
func (p part) Len() int { return p.to - p.from }

// Image is an image of the part.
func (p part) Image(i int) augment.Image { return p.Source.Image(p.from + i) }

// Label is the label of an image of the part.
func (p part) Label(i int) int { return p.Source.Label(p.from + i) }

// join is what all processes have of their parts, in the order of the split.
func (p part) join(processes comm.Processes, own []float32) []float32 {
	if !comm.Several(processes) {
		return own
	}
	width := len(own) / p.Len()
	mine := make([]float32, p.each*width)
	copy(mine, own)
	all := make([]float32, len(mine)*processes.Size())
	processes.Go(func(l comm.Link) { l.AllGather(kernel.Bytes(all), kernel.Bytes(mine)) })()
	return all[:p.Source.Len()*width]
}
