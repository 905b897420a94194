package portable

import "golang.org/x/sys/cpu"

func init() {
	if cpu.X86.HasAVX2 && cpu.X86.HasFMA {
		otherTiles = append(otherTiles, tile[float32]{rows: 6, cols: 16, multiply: multiply6x16})
	}
}
