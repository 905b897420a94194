package onednn

import (
	"errors"
	"unsafe"

	"cmae/internal/kernel"
)

// detour is a reorder of an argument between the caller's layout and the one that the primitive
// chose for itself.
type detour struct {
	program
	bytes  int  // in the primitive's layout
	result bool // the primitive writes it
}

// detour makes the detour of the last bound argument, which is o outside, unless both layouts are
// the same.
func (c *compilation) detour(o operand, inside unsafe.Pointer) error {
	at := len(c.made.args) - 1
	for len(c.made.detours) <= at {
		c.made.detours = append(c.made.detours, nil)
	}
	outside, err := c.describe(o, false)
	if err != nil || c.l.memoryEqual(outside, inside) != 0 {
		return err
	}
	id := c.made.args[at].id
	d := &detour{
		bytes:  int(c.l.memorySize(inside)),
		result: id == argDst || id == argDiffSrc || id == argDiffWeights,
	}
	c.made.detours[at] = d
	from, to := outside, inside
	if d.result {
		from, to = to, from
	}
	var plan handle
	if err := c.l.reorderDesc(&plan, from, c.engine, to, c.engine, c.attr).check(); err != nil {
		return err
	}
	defer c.l.descDestroy(plan)
	if err := c.l.primitiveCreate(&d.code, plan).check(); err != nil {
		return err
	}
	return errors.Join(
		c.bind(&d.program, argSrc, from), c.bind(&d.program, argDst, to),
		c.bindScratch(&d.program, plan),
	)
}

// enter points a detour at the caller's data, converts them unless they are a result, and says
// where they are for the primitive.
func (p *primitives) enter(s *spec, d *detour, place int, data unsafe.Pointer) unsafe.Pointer {
	inside := p.stage(place, d.bytes)
	if d.result {
		p.point(s, d.args[0].memory, inside)
		p.point(s, d.args[1].memory, data)
		return inside
	}
	p.point(s, d.args[0].memory, data)
	p.point(s, d.args[1].memory, inside)
	p.execute(s, &d.program)
	return inside
}

// stage gives memory of unknown contents, aligned to a cache line. The same place gives the same
// memory.
func (p *primitives) stage(place, n int) unsafe.Pointer {
	const line = kernel.Alignment
	if len(p.staging[place]) < n+line {
		p.staging[place] = nil // for the collector, before more is asked for
		p.staging[place] = make([]byte, n+line)
	}
	first := unsafe.Pointer(&p.staging[place][0])
	return unsafe.Add(first, -uintptr(first)&(line-1))
}
