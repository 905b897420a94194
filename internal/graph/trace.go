package graph

import (
	"math"
	"slices"

	G "gorgonia.org/gorgonia"

	"cmae/internal/graph/op"
	"cmae/internal/kernel"
)

// Trace looks at all that a machine computes, for the first operation whose result is not finite
// while what it reads is. A run under a trace waits for every operation.
type Trace struct {
	Found *NonFinite // by the runs so far, nil while all is finite

	loss   *G.Node // with which the forward pass ends
	past   bool    // it has been computed
	values map[*G.Node]Statistics
	saved  map[*op.Saved]*NonFinite // results beside a node's value that are not finite
}

// NonFinite is where numbers stop being finite.
type NonFinite struct {
	// the operation's kind and its layer; Op is "" for a parameter or an input that is not finite
	// to begin with
	Op       string       `json:"op,omitempty"`
	Layer    string       `json:"layer"`
	Backward bool         `json:"backward"`
	Output   Statistics   `json:"output"`
	Inputs   []Statistics `json:"inputs"`
}

// Statistics are what an array holds.
type Statistics struct {
	Name   string  `json:"name"`
	Type   string  `json:"type"`
	Shape  []int   `json:"shape"`
	NaN    int     `json:"nan"`
	Inf    int     `json:"inf"`
	Min    float64 `json:"min"` // of the finite values, as Max; 0 without any
	Max    float64 `json:"max"`
	Values int     `json:"values"`
}

// Finite reports whether all values are.
func (s Statistics) Finite() bool { return s.NaN+s.Inf == 0 }

// Trace turns tracing on; the forward pass ends with loss.
func (m *Machine) Trace(loss *G.Node) *Trace {
	m.trace = &Trace{loss: loss}
	return m.trace
}

// begin forgets what an earlier run computed.
func (t *Trace) begin() {
	t.past = false
	t.values, t.saved = map[*G.Node]Statistics{}, map[*op.Saved]*NonFinite{}
}

// before looks at the parameters and inputs that an operation reads, some of which it may move.
func (t *Trace) before(e kernel.Engine, c *call) {
	for i, child := range c.children {
		if _, known := t.values[child]; known || t.Found != nil {
			continue
		}
		s := statistics(e, child.Name(), c.operands[i])
		if t.values[child] = s; !s.Finite() {
			t.Found = &NonFinite{Layer: child.Name(), Backward: t.past, Output: s}
		}
	}
}

// after looks at what an operation wrote. What it read was looked at before: a sum may have been
// written over it.
func (t *Trace) after(e kernel.Engine, c *call) {
	if t.Found != nil {
		return
	}
	kind, layer := c.kind()
	seen := &NonFinite{Op: kind, Layer: layer, Backward: t.past}
	for _, child := range c.children {
		seen.Inputs = append(seen.Inputs, t.values[child])
	}
	seen.Output = statistics(e, c.node.Name(), c.out)
	t.values[c.node] = seen.Output
	t.past = t.past || c.node == t.loss
	if !seen.Output.Finite() {
		t.Found = t.cause(c, seen)
		return
	}
	if c.op == nil {
		return
	}
	for _, saved := range c.op.Saves() {
		if saved.Tensor.Absent() { // which nobody reads
			continue
		}
		if s := statistics(e, c.node.Name()+", saved", saved.Tensor); !s.Finite() {
			wrote := *seen
			wrote.Output = s
			t.saved[saved] = &wrote
		}
	}
}

// cause is the operation that a result which is not finite comes from: the earlier one whose saved
// result it reads where that was not finite, else its own.
func (t *Trace) cause(c *call, seen *NonFinite) *NonFinite {
	if c.op != nil {
		for _, u := range c.op.Uses() {
			if earlier := t.saved[u]; earlier != nil {
				return earlier
			}
		}
	}
	return seen
}

// statistics reads an array. Integers are finite.
func statistics(e kernel.Engine, name string, v kernel.Tensor) Statistics {
	s := Statistics{
		Name: name, Type: v.Type.String(), Shape: slices.Clone(v.Shape), Values: v.Len(),
	}
	if v.Type == kernel.I32 {
		return s
	}
	if v.Type == kernel.BF16 {
		wide := e.New(kernel.F32, v.Shape...)
		defer e.Free(wide)
		e.Cast(wide, v)
		v = wide
	}
	low, high := math.Inf(1), math.Inf(-1)
	for _, x := range kernel.Read[float64](e, v) {
		switch {
		case math.IsNaN(x):
			s.NaN++
		case math.IsInf(x, 0):
			s.Inf++
		default:
			low, high = min(low, x), max(high, x)
		}
	}
	if low <= high {
		s.Min, s.Max = low, high
	}
	return s
}
