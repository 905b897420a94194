package comm

import (
	"cmae/internal/kernel"
	"cmae/internal/kernel/bfloat16"
)

// reduction sums tensors over the threads of every process, and over the processes. Each process
// adds up a part of the numbers, in order of rank, and sends its sums to the others: all have the
// same bits, which only depend on how many processes and threads there are.
type reduction struct {
	single buffers[float32]
	double buffers[float64]
}

type number interface{ float32 | float64 }

// buffers are memory for the next reduction.
type buffers[T number] struct {
	values, sums, received []T
	sent, halves           []kernel.Bits16
}

// run replaces the tensors of every thread of this process by their sums. All are of one type. half
// has float32 travel as bfloat16; sums are made in float32.
func (r *reduction) run(l Link, p Processes, threads [][]kernel.Tensor, half bool) {
	if len(threads[0]) == 0 {
		return
	}
	if threads[0][0].Type == kernel.F64 {
		r.double.run(l, p, threads, false)
		return
	}
	r.single.run(l, p, threads, half && threads[0][0].Type == kernel.F32)
}

func (b *buffers[T]) run(l Link, p Processes, threads [][]kernel.Tensor, half bool) {
	n := 0
	for _, t := range threads[0] {
		n += t.Len()
	}
	part := (n + p.Size() - 1) / p.Size()
	values := room(&b.values, part*p.Size())
	at := 0
	for i, t := range threads[0] {
		sum := values[at : at+t.Len()]
		load(sum, t)
		for _, operands := range threads[1:] {
			accumulate(sum, operands[i])
		}
		at += len(sum)
	}
	clear(values[n:])
	if half {
		b.exchangeHalves(l, p, part)
	} else {
		b.exchange(l, p, part)
	}
	at = 0
	for i, t := range threads[0] {
		for _, operands := range threads {
			store(operands[i], values[at:at+t.Len()])
		}
		at += t.Len()
	}
}

// exchange replaces the values by their sums over the processes.
func (b *buffers[T]) exchange(l Link, p Processes, part int) {
	received := room(&b.received, len(b.values))
	sums := room(&b.sums, part)
	l.AllToAll(raw(received), raw(b.values))
	copy(sums, received)
	for rank := 1; rank < p.Size(); rank++ {
		for i, v := range received[rank*part : (rank+1)*part] {
			sums[i] += v
		}
	}
	l.AllGather(raw(b.values), raw(sums))
}

// exchangeHalves is exchange with half the bytes.
func (b *buffers[T]) exchangeHalves(l Link, p Processes, part int) {
	sent, received := room(&b.sent, len(b.values)), room(&b.halves, len(b.values))
	sums := room(&b.sums, part)
	bfloat16.Round(sent, b.values)
	l.AllToAll(kernel.Bytes(received), kernel.Bytes(sent))
	clear(sums)
	for rank := range p.Size() {
		for i, v := range received[rank*part : (rank+1)*part] {
			sums[i] += T(bfloat16.Value(v))
		}
	}
	bfloat16.Round(sent, sums)
	l.AllGather(kernel.Bytes(received), kernel.Bytes(sent[:part]))
	bfloat16.Widen(b.values, received)
}

// room is n elements of memory that is kept for the next time.
func room[E any](memory *[]E, n int) []E {
	if cap(*memory) < n {
		*memory = make([]E, n)
	}
	*memory = (*memory)[:n]
	return *memory
}

func raw[T number](values []T) []byte {
	switch v := any(values).(type) {
	case []float32:
		return kernel.Bytes(v)
	case []float64:
		return kernel.Bytes(v)
	}
	return nil
}

func load[T number](dst []T, t kernel.Tensor) {
	if t.Type != kernel.BF16 {
		copy(raw(dst), content(t))
		return
	}
	clear(dst)
	accumulate(dst, t)
}

func accumulate[T number](sum []T, t kernel.Tensor) {
	switch t.Type {
	case kernel.F32:
		for i, v := range kernel.Slice[float32](t) {
			sum[i] += T(v)
		}
	case kernel.F64:
		for i, v := range kernel.Slice[float64](t) {
			sum[i] += T(v)
		}
	case kernel.BF16:
		for i, v := range kernel.Slice[kernel.Bits16](t) {
			sum[i] += T(bfloat16.Value(v))
		}
	}
}

func store[T number](t kernel.Tensor, values []T) {
	if t.Type != kernel.BF16 {
		copy(content(t), raw(values))
		return
	}
	bfloat16.Round(kernel.Slice[kernel.Bits16](t), values)
}
