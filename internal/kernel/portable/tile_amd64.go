package portable

import "golang.org/x/sys/cpu"

// The tiles are as large as the vector registers allow: all but a few of them hold sums, so that
// each number loaded is used often.
func init() {
	if cpu.X86.HasAVX2 && cpu.X86.HasFMA {
		tile32 = tile[float32]{rows: 6, cols: 16, multiply: multiply6x16}
	}
	if cpu.X86.HasAVX512F {
		tile32 = tile[float32]{rows: 12, cols: 32, multiply: multiply12x32}
	}
}

//go:noescape
func multiply12x32(depth int, a *float32, down, right int, b, c *float32, stride int, add bool)

//go:noescape
func multiply6x16(depth int, a *float32, down, right int, b, c *float32, stride int, add bool)
