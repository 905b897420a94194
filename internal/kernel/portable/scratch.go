package portable

import (
	"math/bits"
	"sync"
	"unsafe"

	"cmae/internal/kernel"
)

// float is what primitives compute in.
type float interface{ float32 | float64 }

// arithmetic is what primitives on elements T work with: threads, scratch memory and the inner tile
// of the matrix product.
type arithmetic[T float] struct {
	workers
	tile   tile[T]
	single *arithmetic[T] // the same without threads, for work inside a task
	memory *pool
	frames *sync.Pool
}

func newArithmetic[T float](w workers, t tile[T]) *arithmetic[T] {
	m := &arithmetic[T]{workers: w, tile: t, memory: new(pool), frames: new(sync.Pool)}
	m.single = &arithmetic[T]{
		workers: workers{threads: 1}, tile: t, memory: m.memory, frames: m.frames,
	}
	m.single.single = m.single
	return m
}

// frame is the working memory of one call: it shows tensors as slices of T and owns scratch until
// it closes.
type frame[T float] struct {
	*arithmetic[T]
	blocks []*block
	round  []rounding[T]
	stage  stage[T] // of the matrix product in progress
}

// rounding is a BF16 result that is computed in scratch.
type rounding[T float] struct {
	dst []kernel.Bits16
	src []T
}

func (m *arithmetic[T]) open() *frame[T] {
	f, ok := m.frames.Get().(*frame[T])
	if !ok {
		f = new(frame[T])
	}
	f.arithmetic = m
	return f
}

// close rounds the BF16 results and gives the scratch back.
func (f *frame[T]) close() {
	for _, r := range f.round {
		convert(f.workers, r.dst, r.src)
	}
	for _, b := range f.blocks {
		f.memory.put(b)
	}
	clear(f.blocks)
	clear(f.round)
	f.blocks, f.round, f.stage = f.blocks[:0], f.round[:0], stage[T]{}
	f.frames.Put(f)
}

// in shows an operand, nil if it is absent.
func (f *frame[T]) in(t kernel.Tensor) []T { return f.inPart(t, 0, t.Len()) }

// inPart shows elements lo to hi of an operand.
func (f *frame[T]) inPart(t kernel.Tensor, lo, hi int) []T {
	if t.Absent() {
		return nil
	}
	if t.Type != kernel.BF16 {
		return kernel.Slice[T](t)[lo:hi]
	}
	s := f.scratch(hi - lo)
	convert(f.workers, s, kernel.Slice[kernel.Bits16](t)[lo:hi])
	return s
}

// out shows a result, nil if it is absent. What it held before is not to be read.
func (f *frame[T]) out(t kernel.Tensor) []T { return f.outPart(t, 0, t.Len()) }

// outPart shows elements lo to hi of a result.
func (f *frame[T]) outPart(t kernel.Tensor, lo, hi int) []T {
	if t.Absent() {
		return nil
	}
	if t.Type != kernel.BF16 {
		return kernel.Slice[T](t)[lo:hi]
	}
	s := f.scratch(hi - lo)
	f.round = append(f.round, rounding[T]{dst: kernel.Slice[kernel.Bits16](t)[lo:hi], src: s})
	return s
}

// scratch is n elements that hold anything.
func (f *frame[T]) scratch(n int) []T { return scratchOf[T](f, n) }

// sums is n float64 zeros, for what must not lose digits.
func (f *frame[T]) sums(n int) []float64 {
	s := scratchOf[float64](f, n)
	clear(s)
	return s
}

func scratchOf[E, T float](f *frame[T], n int) []E {
	b := f.memory.get(n * int(unsafe.Sizeof(*new(E))))
	f.blocks = append(f.blocks, b)
	return unsafe.Slice((*E)(unsafe.Pointer(&b.bytes[0])), n)
}

// block is scratch of 1<<class bytes.
type block struct {
	bytes []byte
	class int
}

// pool keeps blocks for reuse by size, until the engine is gone. What a step needs is needed again
// by the next.
type pool struct {
	mutex   sync.Mutex
	classes [48][]*block
}

func (p *pool) get(n int) *block {
	class := max(bits.Len(uint(max(n, 1)-1)), 10)
	p.mutex.Lock()
	defer p.mutex.Unlock()
	free := p.classes[class]
	if len(free) == 0 {
		return &block{bytes: aligned(1 << class), class: class}
	}
	last := len(free) - 1
	p.classes[class] = free[:last]
	return free[last]
}

func (p *pool) put(b *block) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.classes[b.class] = append(p.classes[b.class], b)
}
