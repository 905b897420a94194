package bench

import "runtime"

// heapAllocated is the sum of all that was ever allocated on Go's heap.
func heapAllocated() int64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.TotalAlloc)
}
