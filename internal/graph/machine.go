// Package graph runs Gorgonia graphs built from package op: it orders the steps, gives every value
// a place in one arena that is shared by liveness, and executes in the caller's goroutine.
//
// Reading order: plan.go (the steps and how long their values live), arena.go (a place for each),
// room.go (whether the machine has that much), machine.go (execution), visit.go (its steps, for
// those who look), trace.go (the first that is not finite), sketch.go (a plan without memory).
// Package exec builds graphs and runs them.
package graph

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"time"

	G "gorgonia.org/gorgonia"

	"cmae/internal/graph/op"
	"cmae/internal/kernel"
)

// Machine executes the part of a graph that its outputs need, any number of times.
type Machine struct {
	engine   kernel.Engine
	steps    []call
	values   map[*G.Node]kernel.Tensor
	arena    kernel.Tensor
	consts   []kernel.Tensor
	outputs  []kernel.Tensor // what the arena still holds after a run
	unshared int
	profile  *Profile
	trace    *Trace
}

// call is a step with its operands resolved to memory.
type call struct {
	node     *G.Node
	op       *op.Op
	out      kernel.Tensor
	operands []kernel.Tensor
	children G.Nodes // that the operands are the values of
	then     func()  // or nil
}

var _ G.VM = (*Machine)(nil)

// Option changes how Compile places values.
type Option func(*options)

type options struct {
	share  bool // places among values, as all but tests want
	copies int
}

// Copies says that n machines of this size, this one included, are still to be compiled: Compile
// then asks for memory for all n.
func Copies(n int) Option { return func(o *options) { o.copies = n } }

// Compile plans the nodes that outputs depend on. Only outputs keep their values after a run. An
// arena that this machine cannot hold is a *TooLarge.
func Compile(e kernel.Engine, g *G.ExprGraph, outputs G.Nodes, with ...Option) (*Machine, error) {
	o := options{share: true, copies: 1}
	for _, f := range with {
		f(&o)
	}
	p, err := newPlan(g, outputs, o.share)
	if err != nil {
		return nil, err
	}
	storages := p.all()
	bytes := pack(storages)
	if err := room(e, float64(bytes)*float64(o.copies)); err != nil {
		return nil, err
	}
	m := &Machine{
		engine: e, values: make(map[*G.Node]kernel.Tensor, len(p.steps)),
		arena: e.New(kernel.F32, (bytes+3)/4), unshared: apart(storages),
	}
	m.bindLeaves(p.leaves)
	m.place(p)
	for _, n := range outputs {
		m.outputs = append(m.outputs, m.values[n])
	}
	return m, nil
}

func (m *Machine) bindLeaves(leaves G.Nodes) {
	for _, n := range leaves {
		if n.IsVar() {
			m.values[n] = op.ValueOf(n)
			continue
		}
		t := m.engine.New(op.TypeOf(n))
		m.engine.Upload(t, scalarBytes(n.Value()))
		m.consts = append(m.consts, t)
		m.values[n] = t
	}
}

func scalarBytes(v G.Value) []byte {
	switch x := v.Data().(type) {
	case float32:
		return binary.LittleEndian.AppendUint32(nil, math.Float32bits(x))
	case float64:
		return binary.LittleEndian.AppendUint64(nil, math.Float64bits(x))
	}
	panic(fmt.Sprintf("graph: constant of type %T", v.Data()))
}

func (m *Machine) place(p *plan) {
	at := func(s *storage, t kernel.DType, shape []int) kernel.Tensor {
		return m.arena.At(s.offset, t, shape...)
	}
	for _, s := range p.steps {
		c := call{node: s.node, op: s.op, children: s.children}
		if home := p.values[s.node]; home != nil {
			c.out = at(home, op.TypeOf(s.node), s.node.Shape())
		} else {
			c.out = m.values[s.children[0]].View(s.node.Shape()...) // a leaf passed on
		}
		for _, child := range s.children {
			c.operands = append(c.operands, m.values[child])
		}
		if s.op != nil {
			for _, saved := range s.op.Saves() {
				if home := p.saved[saved]; home != nil {
					saved.Tensor = at(home, saved.Type, saved.Shape)
				}
			}
			s.op.Place(m.engine, c.out)
		}
		m.values[s.node] = c.out
		m.steps = append(m.steps, c)
	}
}

// RunAll executes every step once. An engine that fails gives an error naming the layer; one that
// computes later may do so wherever a value is read.
func (m *Machine) RunAll() (err error) {
	i := 0
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("graph: %s: %v", m.steps[i].node.Name(), r)
			if e, ok := r.(error); ok {
				err = fmt.Errorf("graph: %s: %w", m.steps[i].node.Name(), e)
			}
		}
	}()
	if m.trace != nil {
		m.trace.begin()
	}
	for ; i < len(m.steps); i++ {
		c := &m.steps[i]
		if m.trace != nil {
			m.trace.before(m.engine, c)
		}
		if m.profile != nil {
			m.profile.run(c, m.engine)
		} else {
			c.run(m.engine)
		}
		if m.trace != nil {
			m.trace.after(m.engine, c)
		}
		if c.then != nil {
			c.then()
		}
	}
	if d, ok := m.engine.(kernel.Dropper); ok {
		d.Drop(m.arena, m.outputs)
	}
	return nil
}

// kind says what the step computes and for which layer. Gorgonia's sums of gradients have no op.Op
// to ask.
func (c *call) kind() (kind, layer string) {
	if c.op == nil {
		return "sum.dx", "gradient sums"
	}
	return c.op.Kind(), c.op.Label()
}

func (c *call) run(e kernel.Engine) {
	if c.op == nil {
		e.Add(c.out, c.operands[0], c.operands[1])
		return
	}
	c.op.Run(c.operands)
}

// Step is the number of the step that computes a node, -1 for what none does.
func (m *Machine) Step(n *G.Node) int {
	return slices.IndexFunc(m.steps, func(c call) bool { return c.node == n })
}

// Then has f called whenever a step is done.
func (m *Machine) Then(step int, f func()) { m.steps[step].then = f }

// Value is the memory of an output, input or constant.
func (m *Machine) Value(n *G.Node) kernel.Tensor { return m.values[n] }

// Memory is the size of the arena in bytes, and what it would be if no two values shared a place.
func (m *Machine) Memory() (shared, unshared int) { return m.arena.Bytes(), m.unshared }

// Reset does nothing: a run leaves no state behind. It exists for gorgonia.VM.
func (m *Machine) Reset() {}

// Close gives the arena back to the engine.
func (m *Machine) Close() error {
	m.engine.Free(m.arena)
	for _, t := range m.consts {
		m.engine.Free(t)
	}
	m.arena, m.consts = kernel.Tensor{}, nil
	return nil
}

// Profile turns timing of every step on and returns where the times gather.
func (m *Machine) Profile() *Profile {
	m.profile = &Profile{Kinds: map[string]Cost{}, Layers: map[string]Cost{}}
	return m.profile
}

// Cost is how often operations ran and how long they took together.
type Cost struct {
	Calls int
	Time  time.Duration
}

// Profile sums time by kind of operation and by layer.
type Profile struct{ Kinds, Layers map[string]Cost }

func (p *Profile) run(c *call, e kernel.Engine) {
	kind, layer := c.kind()
	start := time.Now()
	c.run(e)
	took := time.Since(start)
	p.Kinds[kind] = p.Kinds[kind].plus(took)
	p.Layers[layer] = p.Layers[layer].plus(took)
}

func (c Cost) plus(d time.Duration) Cost { return Cost{c.Calls + 1, c.Time + d} }
