package knn

import (
	"context"
	"fmt"

	"cmae/internal/evaluate/features"
	"cmae/internal/kernel"
)

// Neighbour is a training image and its cosine with a test image.
type Neighbour struct {
	Index  int32
	Cosine float32
}

// Cosines are computed in blocks of this many training and test images: large enough for the
// engine's matrix product, small enough that a block of results (4 MB) is read back from the cache.
const (
	trainBlock = 2048
	testBlock  = 512
)

// Nearest lists for every test image its k nearest training images, nearest first and equals by
// index: [n,k]. k is at most train.Len().
func Nearest(
	ctx context.Context, e kernel.Engine, train, test features.Set, k int,
) ([]Neighbour, error) {
	var memory []kernel.Tensor
	alloc := func(shape ...int) kernel.Tensor {
		memory = append(memory, e.New(kernel.F32, shape...))
		return memory[len(memory)-1]
	}
	defer func() {
		for _, t := range memory {
			e.Free(t)
		}
	}()
	rows, cols := min(testBlock, test.Len()), min(trainBlock, train.Len())
	a, b, c := alloc(rows, test.Dim), alloc(cols, train.Dim), alloc(rows*cols)
	cosines := make([]float32, rows*cols)
	queries := test.AppendUnit(nil, 0, test.Len())
	var keys []float32
	near := make([]Neighbour, test.Len()*k)
	for j := 0; j < train.Len(); j += cols {
		width := min(cols, train.Len()-j)
		keys = train.AppendUnit(keys[:0], j, j+width)
		kernel.Write(e, b.Part(0, width), keys)
		for i := 0; i < test.Len(); i += rows {
			if err := ctx.Err(); err != nil {
				return nil, fmt.Errorf("knn: compare features: %w", err)
			}
			height := min(rows, test.Len()-i)
			kernel.Write(e, a.Part(0, height), queries[i*test.Dim:(i+height)*test.Dim])
			block := c.Part(0, height*width).View(height, width)
			e.MatMul(block, a.Part(0, height), b.Part(0, width), false, true, 1)
			found := cosines[:height*width]
			e.Download(kernel.Bytes(found), block)
			for r := range height {
				keepNearest(near[(i+r)*k:(i+r+1)*k], found[r*width:(r+1)*width], j)
			}
		}
	}
	return near, nil
}

// keepNearest enters training images first, first+1, .. with their cosines into best, which is
// sorted; those before first are in it already. A later image must be strictly nearer to pass an
// earlier one.
func keepNearest(best []Neighbour, cosines []float32, first int) {
	full := min(len(best), first)
	for j, c := range cosines {
		if full < len(best) {
			full++
		} else if c <= best[full-1].Cosine {
			continue
		}
		at := full - 1
		for ; at > 0 && best[at-1].Cosine < c; at-- {
			best[at] = best[at-1]
		}
		best[at] = Neighbour{int32(first + j), c}
	}
}
