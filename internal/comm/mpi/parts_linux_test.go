package mpi

import (
	"bytes"
	"fmt"
	"testing"
)

// TestParts: exchanges of more than a message holds move the same bytes part by part, each block to
// its place.
func TestParts(t *testing.T) {
	const size = 3
	gather := func(dst, src []byte) { // as from three processes, whose bytes differ by rank
		for rank := range size {
			for i, b := range src {
				dst[rank*len(src)+i] = b + byte(100*rank)
			}
		}
	}
	transpose := func(dst, src []byte) { // as to three processes that have the same to give
		block := len(src) / size
		for rank := range size {
			for i, b := range src[block : 2*block] { // for rank 1
				dst[rank*block+i] = b + byte(100*rank)
			}
		}
	}
	for _, most := range []int{1, 2, 3, 7, 8, 100} {
		t.Run(fmt.Sprint(most), func(t *testing.T) {
			src := []byte{1, 2, 3, 4, 5, 6, 7}
			got, want := make([]byte, size*len(src)), make([]byte, size*len(src))
			inParts(got, src, size, 1, most, gather)
			if gather(want, src); !bytes.Equal(got, want) {
				t.Errorf("gathered %v, want %v", got, want)
			}
			src = append(src, 8, 9, 10, 11, 12, 13, 14, 15)
			got, want = make([]byte, len(src)), make([]byte, len(src))
			inParts(got, src, size, size, most, transpose)
			if transpose(want, src); !bytes.Equal(got, want) {
				t.Errorf("exchanged %v, want %v", got, want)
			}
		})
	}
}
