package onednn

import (
	"fmt"
	"runtime"
	"time"
	"unsafe"

	"cmae/internal/kernel"
)

// program is compiled code with the memory objects through which it reaches its arguments.
type program struct {
	code    handle
	args    []execArg // the last one is the scratchpad, if there is one
	scratch int       // bytes of the scratchpad
	long    bool      // its last run was
}

// primitive is the program of one spec. It is made once and pointed at other data by each run.
type primitive struct {
	// its arguments are the spec's present operands, in order, then those of its add posts
	program
	// nil, or by place in args; nil where the caller's layout is the primitive's own
	detours []*detour
	err     error // why the library could not make it
}

// execArg mirrors dnnl_exec_arg_t.
type execArg struct {
	id     int32
	memory handle
}

// primitives makes and keeps the primitives of one engine.
type primitives struct {
	l              *library
	engine, stream handle
	made           map[spec]*primitive
	// of detours, by the place in args; the last one is everybody's scratchpad
	staging [4][]byte
	argv    [4]uintptr // of the call in progress
}

func newPrimitives(l *library) (*primitives, error) {
	p := &primitives{l: l, made: map[spec]*primitive{}}
	const cpu, inOrder = 1, 1
	if err := l.engineCreate(&p.engine, cpu, 0).check(); err != nil {
		return nil, fmt.Errorf("create CPU engine: %w", err)
	}
	if err := l.streamCreate(&p.stream, p.engine, inOrder).check(); err != nil {
		l.engineDestroy(p.engine)
		return nil, fmt.Errorf("create stream: %w", err)
	}
	return p, nil
}

func (p *primitives) close() {
	for _, made := range p.made {
		p.destroy(made)
	}
	p.made = nil
	p.l.streamDestroy(p.stream)
	p.l.engineDestroy(p.engine)
}

// can reports whether the library has a primitive for s, and makes it.
func (p *primitives) can(s *spec) bool { return p.get(s).err == nil }

// run executes s on data, one pointer per present operand in the order of arguments, then one per
// add post. It panics with *kernel.Error when the library refuses.
func (p *primitives) run(s *spec, data ...unsafe.Pointer) {
	made := p.get(s)
	if made.err != nil {
		panic(fail(s, made.err))
	}
	for i, at := range data {
		if i < len(made.detours) && made.detours[i] != nil {
			at = p.enter(s, made.detours[i], i, at)
		}
		p.point(s, made.args[i].memory, at)
	}
	p.execute(s, &made.program)
	for _, d := range made.detours {
		if d != nil && d.result {
			p.execute(s, &d.program)
		}
	}
	runtime.KeepAlive(data)
}

// point makes a memory object stand for the data at an address.
func (p *primitives) point(s *spec, memory handle, at unsafe.Pointer) {
	p.argv = [4]uintptr{memory, uintptr(at)}
	if st := callHeld(p.l.setData, &p.argv); st != success {
		panic(fail(s, st))
	}
}

// scratchpad is the place in staging for it. The library's own would be a thread's, and too small
// where another thread made the primitive.
const scratchpad = 3

// long is a run that goroutines should not wait for: the time slice that Go gives one of them.
const long = 10 * time.Millisecond

func (p *primitives) execute(s *spec, x *program) {
	if x.scratch > 0 {
		p.point(s, x.args[len(x.args)-1].memory, p.stage(scratchpad, x.scratch))
	}
	p.argv = [4]uintptr{x.code, p.stream, uintptr(len(x.args)), uintptr(unsafe.Pointer(&x.args[0]))}
	run := callHeld
	if x.long {
		run = call
	}
	start := time.Now()
	st := run(p.l.execute, &p.argv)
	x.long = time.Since(start) > long
	if st != success {
		panic(fail(s, st))
	}
}

// fail copies s, which therefore stays off the heap in runs that succeed.
func fail(s *spec, err error) *kernel.Error {
	return &kernel.Error{Engine: Name, Err: fmt.Errorf("run %s: %w", *s, err)}
}

func (p *primitives) get(s *spec) *primitive {
	made := p.made[*s]
	if made == nil {
		key := *s
		made = p.make(&key)
		p.made[key] = made
	}
	return made
}

func (p *primitives) destroy(made *primitive) {
	for _, d := range made.detours {
		if d != nil {
			p.destroyProgram(&d.program)
		}
	}
	p.destroyProgram(&made.program)
	*made = primitive{err: made.err}
}

func (p *primitives) destroyProgram(x *program) {
	for _, a := range x.args {
		if a.memory != 0 {
			p.l.memoryDestroy(a.memory)
		}
	}
	if x.code != 0 {
		p.l.primitiveDestroy(x.code)
	}
}
