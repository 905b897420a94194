package portable

import (
	"fmt"
	"runtime"
	"slices"
	"sync"
	"unsafe"

	"cmae/internal/kernel"
	host "cmae/internal/machine"
)

// memory is the engine's heap. It holds every block until Free, because a Tensor may be kept where
// the collector doesn't look.
type memory struct {
	workers
	mutex  *sync.Mutex
	blocks map[unsafe.Pointer][]byte
}

func newMemory(w workers) memory {
	return memory{workers: w, mutex: new(sync.Mutex), blocks: map[unsafe.Pointer][]byte{}}
}

// New allocates zeroed elements.
func (m *memory) New(t kernel.DType, shape ...int) kernel.Tensor {
	tensor := kernel.Tensor{Type: t, Shape: slices.Clone(shape)}
	block := aligned(max(tensor.Bytes(), 1))
	tensor.Data = unsafe.Pointer(&block[0])
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.blocks[tensor.Data] = block
	return tensor
}

// Free forgets the memory of t.
func (m *memory) Free(t kernel.Tensor) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if _, ours := m.blocks[t.Data]; !ours {
		panic(
			fmt.Sprintf(
				"portable: free of a %s tensor %v that this engine doesn't hold", t.Type, t.Shape,
			),
		)
	}
	delete(m.blocks, t.Data)
}

func (m *memory) release() {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	clear(m.blocks)
}

// Upload copies bytes into dst. Hosts are taken to be little-endian, as all of Go's common ones
// are.
func (m *memory) Upload(dst kernel.Tensor, src []byte) {
	if len(src) != dst.Bytes() {
		panic(
			fmt.Sprintf(
				"portable: upload of %d bytes into a %s tensor %v", len(src), dst.Type, dst.Shape,
			),
		)
	}
	copy(bytesOf(dst), src)
}

// Download copies the bytes of src out.
func (m *memory) Download(dst []byte, src kernel.Tensor) {
	if len(dst) != src.Bytes() {
		panic(
			fmt.Sprintf(
				"portable: download of a %s tensor %v into %d bytes", src.Type, src.Shape, len(dst),
			),
		)
	}
	copy(dst, bytesOf(src))
}

// Zero clears t.
func (m *memory) Zero(t kernel.Tensor) {
	b := bytesOf(t)
	m.each(len(b), 1<<18, func(lo, hi int) { clear(b[lo:hi]) })
}

// Copy moves elements between tensors of one type and length.
func (m *memory) Copy(dst, src kernel.Tensor) {
	if dst.Type != src.Type || dst.Len() != src.Len() {
		panic(
			fmt.Sprintf(
				"portable: copy of %s %v into %s %v", src.Type, src.Shape, dst.Type, dst.Shape,
			),
		)
	}
	d, s := bytesOf(dst), bytesOf(src)
	m.each(len(d), 1<<18, func(lo, hi int) { copy(d[lo:hi], s[lo:hi]) })
}

// WriteRows copies row by row.
func (m *memory) WriteRows(table, x kernel.Tensor, at []int32) {
	to, from := bytesOf(table), bytesOf(x)
	row := x.Bytes() / x.Shape[0]
	for i, r := range at {
		copy(to[int(r)*row:], from[i*row:(i+1)*row])
	}
}

// PermuteRows: y[i] = x[order[i]].
func (m *memory) PermuteRows(y, x kernel.Tensor, order []int) {
	to, from := bytesOf(y), bytesOf(x)
	row := x.Bytes() / x.Shape[0]
	m.rows(len(order), row/y.Type.Size(), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			copy(to[i*row:(i+1)*row], from[order[i]*row:])
		}
	})
}

// Usage is the process's: all its engines take their memory from one heap.
func (m *memory) Usage() kernel.Usage {
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return kernel.Usage{Held: float64(s.HeapAlloc), Most: host.MostMemory(), Host: true}
}

// Cast converts between F32, F64 and BF16.
func (m *memory) Cast(dst, src kernel.Tensor) {
	switch src.Type {
	case kernel.F64:
		castFrom(m.workers, dst, kernel.Slice[float64](src))
	case kernel.BF16:
		castFrom(m.workers, dst, kernel.Slice[kernel.Bits16](src))
	default:
		castFrom(m.workers, dst, kernel.Slice[float32](src))
	}
}

func castFrom[S kernel.Element](w workers, dst kernel.Tensor, src []S) {
	switch dst.Type {
	case kernel.F64:
		convert(w, kernel.Slice[float64](dst), src)
	case kernel.BF16:
		convert(w, kernel.Slice[kernel.Bits16](dst), src)
	default:
		convert(w, kernel.Slice[float32](dst), src)
	}
}

// aligned allocates n zeroed bytes that start at a multiple of kernel.Alignment.
func aligned(n int) []byte {
	b := make([]byte, n+kernel.Alignment-1)
	skip := -uintptr(unsafe.Pointer(&b[0])) & (kernel.Alignment - 1)
	return b[skip : int(skip)+n]
}

func bytesOf(t kernel.Tensor) []byte { return unsafe.Slice((*byte)(t.Data), t.Bytes()) }
