package graph

import (
	"fmt"
	"math"
	"slices"

	G "gorgonia.org/gorgonia"

	"cmae/internal/graph/op"
	"cmae/internal/kernel"
)

// step is one operation in the order of execution.
type step struct {
	node     *G.Node
	children G.Nodes
	op       *op.Op // nil for Gorgonia's Add
}

// storage is a piece of memory and the steps between which it holds a value.
type storage struct {
	bytes       int
	first, last int
	offset      int
	into        *storage // whose memory it shares instead of having its own, or nil
}

// home is the storage whose memory s has.
func (s *storage) home() *storage {
	for s != nil && s.into != nil {
		s = s.into
	}
	return s
}

// plan is what stands between a graph and its execution: the steps, and a storage for everything
// they write.
type plan struct {
	steps  []step
	leaves G.Nodes // inputs and constants
	values map[*G.Node]*storage
	saved  map[*op.Saved]*storage
	writer map[*op.Saved]int // the steps that write saved results
}

// forever is the last step of a storage that the caller reads after the run.
const forever = math.MaxInt

// newPlan lists the operations that the outputs need, in the order of construction. That order is
// topological, since an operand exists before its reader, and it lets a model decide what runs
// first. Without share every storage lives for ever, so that any order of execution is right.
func newPlan(g *G.ExprGraph, outputs G.Nodes, share bool) (*plan, error) {
	p := &plan{
		values: map[*G.Node]*storage{}, saved: map[*op.Saved]*storage{},
		writer: map[*op.Saved]int{},
	}
	need := map[*G.Node]bool{}
	for _, n := range outputs {
		need[n] = true
	}
	all := g.AllNodes()
	for i := len(all) - 1; i >= 0; i-- {
		n := all[i]
		if !need[n] {
			continue
		}
		s := step{node: n}
		for it := g.From(n.ID()); it.Next(); {
			child := it.Node().(*G.Node)
			need[child] = true
			s.children = append(s.children, child)
		}
		if len(s.children) == 0 {
			p.leaves = append(p.leaves, n)
			continue
		}
		s.op, _ = n.Op().(*op.Op)
		if s.op == nil && !isAdd(n) {
			return nil, fmt.Errorf(
				"graph: %q is an operation of Gorgonia's own, which no engine runs", n.Op(),
			)
		}
		p.steps = append(p.steps, s)
	}
	slices.Reverse(p.steps)
	p.trackLifetimes(outputs, share)
	if share {
		p.addInPlace()
	}
	return p, nil
}

// isAdd reports whether n is the sum by which Gorgonia joins the gradients of a value with several
// readers. Gorgonia's type for it is not exported, so its text is compared: the operator, then
// whether a comparison would keep the operands' type, which means nothing for a sum.
func isAdd(n *G.Node) bool { return n.Op().String() == "+ false" || n.Op().String() == "+ true" }

func (p *plan) trackLifetimes(outputs G.Nodes, share bool) {
	for i, s := range p.steps {
		p.declare(i, s)
		for _, child := range s.children {
			p.extend(p.values[child], i)
		}
		if s.op == nil {
			continue
		}
		for _, u := range s.op.Uses() {
			if p.saved[u] == nil {
				p.saved[u] = &storage{bytes: u.Bytes(), first: p.writerOf(u), last: i}
			}
			p.extend(p.saved[u], i)
			if s.op.Alias() == u {
				p.values[s.node] = p.saved[u]
			}
		}
	}
	for _, n := range outputs {
		p.extend(p.values[n], forever)
	}
	if !share {
		for _, s := range p.values {
			p.extend(s, forever)
		}
		for _, s := range p.saved {
			p.extend(s, forever)
		}
	}
}

// declare makes the storages that step i writes. An optional result gets one only when a reader
// asks for it.
func (p *plan) declare(i int, s step) {
	if s.op == nil {
		p.values[s.node] = &storage{bytes: valueBytes(s.node), first: i, last: i}
		return
	}
	for _, saved := range s.op.Saves() {
		p.writer[saved] = i
		if !saved.Optional {
			p.saved[saved] = &storage{bytes: saved.Bytes(), first: i, last: i}
		}
	}
	switch {
	case s.op.SameMemory():
		p.values[s.node] = p.values[s.children[0]]
	case s.op.Alias() == nil:
		p.values[s.node] = &storage{bytes: valueBytes(s.node), first: i, last: i}
	}
}

// writerOf is the step that writes an optional result.
func (p *plan) writerOf(u *op.Saved) int {
	i, ok := p.writer[u]
	if !ok {
		panic("graph: a saved result has no writer")
	}
	return i
}

func (p *plan) extend(s *storage, to int) {
	if s != nil {
		s.last = max(s.last, to)
	}
}

// addInPlace lets a gradient sum write over an operand that nobody reads afterwards. The sum, and
// what passes its memory on, then have the operand's storage.
func (p *plan) addInPlace() {
	for i, s := range p.steps {
		if s.op != nil {
			continue
		}
		own := p.values[s.node]
		for _, child := range s.children {
			if c := p.values[child].home(); c != nil && c.last == i && c.bytes == own.bytes {
				c.last = own.last
				own.into = c
				break
			}
		}
	}
	for n, s := range p.values {
		p.values[n] = s.home()
	}
}

// all lists the distinct storages in order of their first step.
func (p *plan) all() []*storage {
	var list []*storage
	seen := map[*storage]bool{}
	add := func(s *storage) {
		if s != nil && !seen[s] {
			seen[s] = true
			list = append(list, s)
		}
	}
	for _, s := range p.steps {
		add(p.values[s.node])
		if s.op != nil {
			for _, saved := range s.op.Saves() {
				add(p.saved[saved])
			}
		}
	}
	return list
}

func valueBytes(n *G.Node) int {
	return kernel.Tensor{Type: op.TypeOf(n), Shape: n.Shape()}.Bytes()
}
