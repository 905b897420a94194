package xla

import (
	"fmt"
	"math"
	"slices"
	"time"
	"unsafe"

	"cmae/internal/kernel"
	"cmae/internal/kernel/pjrt"
)

// room is how many addresses stand for the device's memory. Nothing is mapped there: host code that
// reads a tensor crashes.
const room = 1 << 40

// addresses gives tensors their addresses. A step that asks for the same tensors as the one before
// gets the same ones, so that their records are equal: of free places of a size, the lowest.
type addresses struct {
	space unsafe.Pointer
	next  int
	free  map[int][]int // offsets of free places by size, the lowest last
}

func placeOf(t tensor) int { return max(kernel.Aligned(t.Bytes()), kernel.Alignment) }

// New gives addresses. Nothing is there until it is written, which reads as zeros.
func (a *addresses) New(t kernel.DType, shape ...int) tensor {
	x := tensor{Type: t, Shape: slices.Clone(shape)}
	size := placeOf(x)
	offset := a.next
	if list := a.free[size]; len(list) > 0 {
		offset, a.free[size] = list[len(list)-1], list[:len(list)-1]
	} else if a.next += size; a.next > room {
		fail(fmt.Errorf("no addresses are left for %s %v", t, shape))
	}
	x.Data = unsafe.Add(a.space, offset)
	return x
}

func (a *addresses) give(t tensor) {
	if a.free == nil {
		a.free = map[int][]int{}
	}
	size, offset := placeOf(t), int(uintptr(t.Data)-uintptr(a.space))
	list := a.free[size]
	i, _ := slices.BinarySearchFunc(list, offset, func(x, y int) int { return y - x })
	a.free[size] = slices.Insert(list, i, offset)
}

// Free forgets what the tensor's addresses hold and gives them back.
func (e *Engine) Free(t tensor) {
	e.call((*builder).forget, t)
	e.give(t)
}

// Drop forgets what a region holds, but for what is to be kept.
func (e *Engine) Drop(region tensor, keep []tensor) { e.call((*builder).drop, region, keep) }

// held is an array on the device.
type held struct {
	buffer *pjrt.Buffer
	t      kernel.DType
	shape  []int
}

func (h held) size() int64 { return int64(tensor{Type: h.t, Shape: h.shape}.Bytes()) }

func (h held) is(t kernel.DType, shape []int) bool {
	return h.buffer != nil && h.t == t && slices.Equal(h.shape, shape)
}

// free gives the memory of a buffer back, if there is one.
func (e *Engine) free(h held) {
	if h.buffer != nil {
		check(h.buffer.Free())
		e.bytes -= h.size()
	}
}

// hold sets what a span of addresses holds.
func (e *Engine) hold(at uintptr, bytes int, h held) {
	e.free(e.memory.put(span[held]{at, bytes, h}))
	e.bytes += h.size()
}

// Upload begins to copy src to the device. What dst held is still there for the calls before. Where
// none of the record's touches dst it is no part of the record, and may come before or after what
// a step records: the programs are the same.
func (e *Engine) Upload(dst tensor, src []byte) {
	if len(src) != dst.Bytes() {
		panic(fmt.Sprintf("xla: upload of %d bytes into %s %v", len(src), dst.Type, dst.Shape))
	}
	if len(src) == 0 {
		return
	}
	b, at := e.upload(src, dst.Type, dst.Shape), uintptr(dst.Data)
	i, j := e.memory.within(at, at+uintptr(len(src)))
	_, whole := e.memory.exact(at, len(src))
	if (i == j || whole) && !e.record.touches(at, at+uintptr(len(src))) {
		e.hold(at, len(src), held{b, dst.Type, dst.Shape})
		return
	}
	e.record.uploads = append(e.record.uploads, b)
	e.call((*builder).uploaded, dst)
}

func (e *Engine) upload(src []byte, t kernel.DType, shape []int) *pjrt.Buffer {
	dims := make([]int64, len(shape))
	for i, d := range shape {
		dims[i] = int64(d)
	}
	defer e.onDevice(time.Now())
	e.compiled.Uploaded += int64(len(src))
	b, err := e.device.Upload(src, bufferTypes[t], dims)
	check(err)
	return b
}

// Download runs the record. A tensor that is a part of what was written, or was written in parts,
// is first put together.
func (e *Engine) Download(dst []byte, src tensor) {
	if len(dst) != src.Bytes() {
		panic(fmt.Sprintf("xla: download of %s %v into %d bytes", src.Type, src.Shape, len(dst)))
	}
	if len(dst) == 0 {
		return
	}
	e.flush()
	if s, ok := e.memory.exact(uintptr(src.Data), src.Bytes()); ok && s.value.t == src.Type {
		e.read(dst, s.value)
		return
	}
	whole := e.New(src.Type, src.Shape...)
	e.Copy(whole, src)
	e.flush()
	s, _ := e.memory.exact(uintptr(whole.Data), whole.Bytes())
	e.read(dst, s.value)
	e.Free(whole)
}

func (e *Engine) read(dst []byte, h held) {
	defer e.onDevice(time.Now())
	check(h.buffer.Download(dst))
}

// Usage is what tensors hold. How much a program needs beside them only its compiler knows, which
// refuses one that the device cannot hold; so no limit is told.
func (e *Engine) Usage() kernel.Usage {
	return kernel.Usage{Held: float64(e.bytes), Most: math.Inf(1)}
}
