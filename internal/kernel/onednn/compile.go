package onednn

import (
	"runtime"
	"unsafe"
)

// compilation makes one primitive. What it asks of the library it gives back at its end, but for
// the primitive.
type compilation struct {
	*primitives
	s            *spec
	made         *primitive
	plan, attr   handle
	descs        []unsafe.Pointer // of the operands
	postOperands []unsafe.Pointer // of the add posts
	borrowed     []unsafe.Pointer // all descriptors
}

// make compiles s.
func (p *primitives) make(s *spec) *primitive {
	c := &compilation{primitives: p, s: s, made: new(primitive)}
	defer c.giveBack()
	for _, step := range []func() error{c.describeOperands, c.attributes, c.compile, c.bindMemory} {
		if err := step(); err != nil {
			p.destroy(c.made)
			c.made.err = err
			break
		}
	}
	return c.made
}

func (c *compilation) describeOperands() (err error) {
	c.descs, err = c.describeAll(c.s)
	return err
}

// describeAll makes a descriptor for each operand of a spec, nil for absent ones and for
// workspaces, which are the library's own.
func (c *compilation) describeAll(s *spec) ([]unsafe.Pointer, error) {
	descs := make([]unsafe.Pointer, len(arguments[s.kind]))
	for i, id := range arguments[s.kind] {
		o := s.operands[i]
		if o.rank == 0 || id == argWorkspace {
			continue
		}
		var err error
		if descs[i], err = c.describe(o, o.free); err != nil {
			return nil, err
		}
	}
	return descs, nil
}

func (c *compilation) describe(o operand, free bool) (d unsafe.Pointer, err error) {
	var st status
	if free {
		d, st = c.l.describeAny(o)
	} else {
		d, st = c.l.describe(o)
	}
	if d != nil {
		c.borrowed = append(c.borrowed, d)
	}
	return d, st.check()
}

// attributes asks for a scratchpad of ours and for the post-ops, with the descriptors of their
// operands.
func (c *compilation) attributes() error {
	if err := c.l.attrCreate(&c.attr).check(); err != nil {
		return err
	}
	const user = 1
	if err := c.l.attrSetScratchpad(c.attr, user).check(); err != nil || c.s.posts[0].alg == 0 {
		return err
	}
	var posts handle
	if err := c.l.postsCreate(&posts).check(); err != nil {
		return err
	}
	defer c.l.postsDestroy(posts)
	for _, o := range c.s.posts {
		st := success
		switch o.alg {
		case gelu, scaled:
			st = c.l.postEltwise(posts, o.alg, o.alpha)
		case sum:
			st = c.l.postSum(posts, c.s.operands[2].t)
		case add:
			d, err := c.describe(o.other, false)
			if err != nil {
				return err
			}
			c.postOperands = append(c.postOperands, d)
			st = c.l.postsBinary(posts, binaryAdd, d)
		}
		if st != success {
			return st
		}
	}
	return c.l.attrSetPostOps(c.attr, posts).check()
}

// compile plans the primitive, after the operation whose gradient it is, and makes it.
func (c *compilation) compile() error {
	var hint handle
	if f, ok := c.s.forward(); ok {
		descs, err := c.describeAll(&f)
		if err != nil {
			return err
		}
		var st status
		if hint, st = c.l.plan(&f, descs, c.engine, 0, 0); st != success {
			return st
		}
		defer c.l.descDestroy(hint)
		defer runtime.KeepAlive(descs)
	}
	var st status
	if c.plan, st = c.l.plan(c.s, c.descs, c.engine, hint, c.attr); st != success {
		return st
	}
	return c.l.primitiveCreate(&c.made.code, c.plan).check()
}

// bindMemory makes the memory objects, which point nowhere yet, and the detours to them.
func (c *compilation) bindMemory() error {
	for i, id := range arguments[c.s.kind] {
		o := c.s.operands[i]
		if o.rank == 0 {
			continue
		}
		inside := c.descs[i]
		if o.free || id == argWorkspace {
			inside = c.l.descMemory(c.plan, queries[id], 0)
		}
		if inside == nil || id == argWorkspace && c.l.memorySize(inside) > uintptr(o.bytes()) {
			return unimplemented
		}
		if err := c.bind(&c.made.program, id, inside); err != nil {
			return err
		}
		if o.free {
			if err := c.detour(o, inside); err != nil {
				return err
			}
		}
	}
	next := 0
	for i, o := range c.s.posts {
		if o.alg != add {
			continue
		}
		if err := c.bind(
			&c.made.program, c.l.firstPost()*int32(i+1)|argSrc1, c.postOperands[next],
		); err != nil {
			return err
		}
		next++
	}
	return c.bindScratch(&c.made.program, c.plan)
}

func (c *compilation) bind(x *program, id int32, desc unsafe.Pointer) error {
	arg := execArg{id: id}
	err := c.l.memoryCreate(&arg.memory, desc, c.engine, 0).check()
	x.args = append(x.args, arg)
	return err
}

func (c *compilation) bindScratch(x *program, plan handle) error {
	desc := c.l.descMemory(plan, queries[argScratchpad], 0)
	if desc == nil {
		return nil
	}
	if x.scratch = int(c.l.memorySize(desc)); x.scratch == 0 {
		return nil
	}
	return c.bind(x, argScratchpad, desc)
}

func (c *compilation) giveBack() {
	if c.plan != 0 {
		c.l.descDestroy(c.plan)
	}
	if c.attr != 0 {
		c.l.attrDestroy(c.attr)
	}
	for _, d := range c.borrowed {
		c.l.forget(d)
	}
}
