package bfloat16

import (
	"golang.org/x/sys/cpu"

	"cmae/internal/kernel"
)

// roundGroups rounds as many values as it can and says how many: whole groups of eight.
func roundGroups(dst []kernel.Bits16, src []float32) int {
	n := groups(len(src))
	if n > 0 {
		round256(&dst[:n][0], &src[0], n)
	}
	return n
}

// widenGroups widens as many values as it can and says how many: whole groups of eight.
func widenGroups(dst []float32, src []kernel.Bits16) int {
	n := groups(len(src))
	if n > 0 {
		widen256(&dst[:n][0], &src[0], n)
	}
	return n
}

func groups(n int) int {
	if !cpu.X86.HasAVX2 {
		return 0
	}
	return n &^ 7
}

// round256 rounds to the nearest bfloat16, the even one of two.
//
//go:noescape
func round256(dst *kernel.Bits16, src *float32, n int)

//go:noescape
func widen256(dst *float32, src *kernel.Bits16, n int)
