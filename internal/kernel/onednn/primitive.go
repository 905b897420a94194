package onednn

import (
	"fmt"
	"runtime"
	"unsafe"

	"cmae/internal/kernel"
)

// primitive is compiled code for one spec, with the memory objects through which it reaches its arguments. It is made once and
// pointed at other data by each run.
type primitive struct {
	code handle
	args []execArg // in the order of the spec's present operands, then of its add posts
	err  error     // why the library could not make it
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
	argv           [4]uintptr // of the call in progress
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

// run executes s on data, one pointer per present operand in the order of arguments, then one per add post.
// It panics with *kernel.Error when the library refuses.
func (p *primitives) run(s *spec, data ...unsafe.Pointer) {
	made := p.get(s)
	if made.err != nil {
		panic(fail(s, made.err))
	}
	for i, at := range data {
		p.argv = [4]uintptr{made.args[i].memory, uintptr(at)}
		if st := call(p.l.setData, p.argv[:2]); st != success {
			panic(fail(s, st))
		}
	}
	p.argv = [4]uintptr{made.code, p.stream, uintptr(len(made.args)), uintptr(unsafe.Pointer(&made.args[0]))}
	if st := call(p.l.execute, p.argv[:]); st != success {
		panic(fail(s, st))
	}
	runtime.KeepAlive(data)
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

// make compiles s. The descriptors live only as long as it runs.
func (p *primitives) make(s *spec) *primitive {
	made := &primitive{}
	var descs, postDescs []unsafe.Pointer
	defer func() {
		for _, d := range append(descs, postDescs...) {
			if d != nil {
				p.l.forget(d)
			}
		}
	}()
	for i := range arguments[s.kind] {
		var d unsafe.Pointer
		if s.operands[i].rank > 0 {
			if d, made.err = p.describe(s.operands[i]); made.err != nil {
				return made
			}
		}
		descs = append(descs, d)
	}
	attr, postDescs, err := p.attributes(s)
	if attr != 0 {
		defer p.l.attrDestroy(attr)
	}
	if err == nil {
		err = p.compile(made, s, descs, attr)
	}
	if err == nil {
		err = p.bindMemory(made, s, descs, postDescs)
	}
	if err != nil {
		p.destroy(made)
		made.err = err
	}
	return made
}

func (p *primitives) describe(o operand) (unsafe.Pointer, error) {
	d, st := p.l.describe(o)
	return d, st.check()
}

// attributes makes the post-ops of s, with the descriptors of their operands.
func (p *primitives) attributes(s *spec) (attr handle, descs []unsafe.Pointer, err error) {
	if s.posts[0].alg == 0 {
		return 0, nil, nil
	}
	var posts handle
	if err := p.l.postsCreate(&posts).check(); err != nil {
		return 0, nil, err
	}
	defer p.l.postsDestroy(posts)
	for _, o := range s.posts {
		st := success
		switch o.alg {
		case gelu, linear:
			st = p.l.postEltwise(posts, o.alg, o.alpha)
		case sum:
			st = p.l.postSum(posts, s.operands[2].t)
		case add:
			d, err := p.describe(o.other)
			if err != nil {
				return 0, descs, err
			}
			descs = append(descs, d)
			st = p.l.postsBinary(posts, binaryAdd, d)
		}
		if st != success {
			return 0, descs, st
		}
	}
	if err := p.l.attrCreate(&attr).check(); err != nil {
		return 0, descs, err
	}
	return attr, descs, p.l.attrSetPostOps(attr, posts).check()
}

func (p *primitives) compile(made *primitive, s *spec, descs []unsafe.Pointer, attr handle) error {
	plan, st := p.l.plan(s, descs, p.engine, attr)
	runtime.KeepAlive(descs)
	if st != success {
		return st
	}
	defer p.l.descDestroy(plan)
	return p.l.primitiveCreate(&made.code, plan).check()
}

// bindMemory makes the memory objects, which point nowhere yet.
func (p *primitives) bindMemory(made *primitive, s *spec, descs, postDescs []unsafe.Pointer) error {
	bind := func(id int32, d unsafe.Pointer) error {
		arg := execArg{id: id}
		err := p.l.memoryCreate(&arg.memory, d, p.engine, 0).check()
		made.args = append(made.args, arg)
		return err
	}
	for i, id := range arguments[s.kind] {
		if descs[i] == nil {
			continue
		}
		if err := bind(id, descs[i]); err != nil {
			return err
		}
	}
	next := 0
	for i, o := range s.posts {
		if o.alg != add {
			continue
		}
		if err := bind(p.l.firstPost()*int32(i+1)|argSrc1, postDescs[next]); err != nil {
			return err
		}
		next++
	}
	return nil
}

func (p *primitives) destroy(made *primitive) {
	for _, a := range made.args {
		if a.memory != 0 {
			p.l.memoryDestroy(a.memory)
		}
	}
	if made.code != 0 {
		p.l.primitiveDestroy(made.code)
	}
	*made = primitive{err: made.err}
}
