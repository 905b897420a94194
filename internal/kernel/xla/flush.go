package xla

import (
	"time"

	"cmae/internal/kernel"
	"cmae/internal/kernel/pjrt"
)

// program is what a record does, compiled.
type program struct {
	compiled  executable // nil where there is nothing to compute
	arguments []argument
	results   []place
	kept      []keptUpload   // uploads that a tensor holds afterwards
	touched   []addressRange // addresses whose earlier values are gone afterwards
}

// place is where a value belongs.
type place struct {
	at    uintptr
	bytes int
	t     kernel.DType
	shape []int
}

// keptUpload is an upload, by its number, and where it belongs.
type keptUpload struct {
	place
	upload int
}

// addressRange is the addresses from one up to another.
type addressRange struct{ from, end uintptr }

// argument is one of a program: what a place holds, an upload, or the scheduled numbers.
type argument struct {
	kind   argumentKind
	place  // of what is held
	upload int
}

type argumentKind uint8

const (
	heldArgument argumentKind = iota
	uploadArgument
	numbersArgument
)

// Start runs what has been recorded, and does not wait for it.
func (e *Engine) Start() { e.flush() }

// flush runs what has been recorded.
func (e *Engine) flush() {
	if len(e.record.calls) == 0 {
		return
	}
	p, buffers := e.lookUp()
	if p == nil {
		p = e.compile()
		e.known[string(e.record.bytes)] = append(e.known[string(e.record.bytes)], p)
		var ok bool
		if buffers, ok = e.gather(p); !ok {
			panic("xla: a program does not fit the memory that it was made for")
		}
	}
	var results []*pjrt.Buffer
	if p.compiled != nil {
		var numbers *pjrt.Buffer
		if all := e.record.numbers; len(all) > 0 {
			numbers = e.upload(kernel.Bytes(all), kernel.F64, []int{len(all)})
			for i, a := range p.arguments {
				if a.kind == numbersArgument {
					buffers[i] = numbers
				}
			}
		}
		results = e.run(p.compiled, buffers)
		if numbers != nil {
			check(numbers.Free())
		}
	}
	e.settle(p, results)
}

func (e *Engine) run(x executable, arguments []*pjrt.Buffer) []*pjrt.Buffer {
	defer e.onDevice(time.Now())
	results, err := x.Run(arguments)
	check(err)
	e.compiled.Runs++
	return results
}

// lookUp finds the program of an equal record on equal memory, and its arguments.
func (e *Engine) lookUp() (*program, []*pjrt.Buffer) {
	for _, p := range e.known[string(e.record.bytes)] {
		if buffers, ok := e.gather(p); ok {
			return p, buffers
		}
	}
	return nil, nil
}

// gather is the arguments of a program, but for its numbers. It reports whether memory is as the
// program found it when it was built.
func (e *Engine) gather(p *program) (buffers []*pjrt.Buffer, ok bool) {
	for _, t := range p.touched {
		i, j := e.memory.within(t.from, t.end)
		if i < j && (e.memory[i].at < t.from || e.memory[j-1].end() > t.end) {
			return nil, false
		}
	}
	buffers = make([]*pjrt.Buffer, len(p.arguments))
	for n, a := range p.arguments {
		switch a.kind {
		case uploadArgument:
			buffers[n] = e.record.uploads[a.upload]
		case heldArgument:
			i, j := e.memory.within(a.at, a.at+uintptr(a.bytes))
			if i == j { // nothing was ever written there, which reads as zeros
				zeros := e.upload(make([]byte, a.bytes), a.t, a.shape)
				e.hold(a.at, a.bytes, held{zeros, a.t, a.shape})
			}
			s, ok := e.memory.exact(a.at, a.bytes)
			if !ok || !s.value.is(a.t, a.shape) {
				return nil, false
			}
			buffers[n] = s.value.buffer
		}
	}
	return buffers, true
}

// settle makes memory what the record has made of it, and begins a new record.
func (e *Engine) settle(p *program, results []*pjrt.Buffer) {
	for _, t := range p.touched {
		i, j := e.memory.within(t.from, t.end)
		for _, s := range e.memory[i:j] {
			e.free(s.value)
		}
		for k := i; k < j; k++ {
			e.memory[k].value = held{}
		}
	}
	for i, r := range p.results {
		e.hold(r.at, r.bytes, held{results[i], r.t, r.shape})
	}
	kept := make([]bool, len(e.record.uploads))
	for _, u := range p.kept {
		kept[u.upload] = true
		e.hold(u.at, u.bytes, held{e.record.uploads[u.upload], u.t, u.shape})
	}
	for i, b := range e.record.uploads {
		if !kept[i] {
			check(b.Free())
		}
	}
	e.sweep()
	e.record.clear()
}

// sweep takes spans without a value out of memory.
func (e *Engine) sweep() {
	left := e.memory[:0]
	for _, s := range e.memory {
		if s.value.buffer != nil {
			left = append(left, s)
		}
	}
	clear(e.memory[len(left):])
	e.memory = left
}

// compile makes the program of the record.
func (e *Engine) compile() *program {
	start := time.Now()
	defer e.onDevice(start)
	defer e.telling()()
	p, text := build(e.memory, &e.record)
	if len(p.results) > 0 {
		var err error
		var plan pjrt.Plan
		p.compiled, plan, err = e.device.compile(text)
		check(err)
		e.compiled.Programs++
		e.compiled.Memory = max(e.compiled.Memory, plan.Total())
	}
	e.compiled.Time += time.Since(start)
	return p
}
