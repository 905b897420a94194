package op

import (
	"cmp"
	"errors"
	"fmt"
	"hash"
	"hash/fnv"
	"slices"
	"strings"

	"github.com/chewxy/hm"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"cmae/internal/kernel"
)

// Op is the one implementation of Gorgonia's Op and SDOp: a node's primitive, with what a planner
// and an executor must know of it.
type Op struct {
	spec  spec
	label string // the layer it belongs to, for errors and profiles
	id    int    // unique in its graph, so that Gorgonia merges no two operations
	args  []hm.Type
	wrt   []bool

	engine kernel.Engine
	out    kernel.Tensor
}

// spec is what a constructor says of its operation.
type spec struct {
	kind  string
	in    []*G.Node
	dtype kernel.DType
	shape []int
	run   func(e kernel.Engine, y kernel.Tensor, x []kernel.Tensor)
	saves []*Saved // results beside y that run writes
	uses  []*Saved // results of earlier operations that run reads
	alias *Saved   // y is this Saved's memory; run is nil
	same  bool     // y is the memory of in[0]; run is nil
	// an image's result depends on other images of in, which are all of this replica
	mixes  bool
	diff   []int // operands with a gradient; grad returns one node each, in this order
	grad   func(y, dy *G.Node) []*G.Node
	ofNode *G.Node // a gradient operation: the node whose gradient it computes
	again  *G.Node // the node whose value it computes a second time
	// a node that computes y a second time from what is kept for the gradient, once after exists
	repeat func(y, after *G.Node) *G.Node
}

// Saved is a further result of an operation, kept for its gradient or made a node of its own
// (take).
type Saved struct {
	Type     kernel.DType
	Shape    []int
	Optional bool          // the primitive does without it when nobody reads it
	Tensor   kernel.Tensor // set by the planner; absent when optional and unread
}

// Bytes is the size of the result in memory.
func (s *Saved) Bytes() int { return kernel.Tensor{Type: s.Type, Shape: s.Shape}.Bytes() }

// again is x computed a second time, once after exists, so that nothing keeps x until then; x
// itself where its operation doesn't know how.
func again(x, after *G.Node) *G.Node {
	if o, ok := x.Op().(*Op); ok && o.spec.repeat != nil {
		return o.spec.repeat(x, after)
	}
	return x
}

func apply(s spec) *G.Node {
	require(len(s.in) > 0, s.kind, s.in, "no operands")
	o := &Op{spec: s, label: labelOf(s.in), id: len(s.in[0].Graph().AllNodes())}
	if of := cmp.Or(s.ofNode, s.again); of != nil {
		o.label = labelOf([]*G.Node{of})
	}
	o.wrt = make([]bool, len(s.in))
	for _, i := range s.diff {
		o.wrt[i] = true
	}
	for _, n := range s.in {
		o.args = append(o.args, n.Type())
	}
	n, err := G.ApplyOp(o, s.in...)
	require(err == nil, s.kind, s.in, "%v", err)
	require(n.Op() == G.Op(o), s.kind, s.in, "merged with another operation of the same hash")
	G.WithName(fmt.Sprintf("%s %s", o.label, s.kind))(n)
	return n
}

// take makes a node of a result that owner's operation wrote beside its value.
func take(owner *G.Node, s *Saved) *G.Node {
	return apply(spec{
		kind: "take", in: []*G.Node{owner}, dtype: s.Type, shape: s.Shape,
		uses: []*Saved{s}, alias: s,
	})
}

// labelOf names the layer of an operation: the path of its parameter, in whatever type, or the
// layer that its first operand comes from.
func labelOf(in []*G.Node) string {
	for _, n := range in {
		if o, ok := n.Op().(*Op); ok && o.spec.kind == cast {
			n = o.spec.in[0]
		}
		if path, leaf := cutLast(n.Name()); n.Op() == nil && isParameterLeaf(leaf) {
			return path
		}
	}
	for _, n := range in {
		if o, ok := n.Op().(*Op); ok {
			return o.label
		}
	}
	if len(in) > 0 {
		return in[0].Name()
	}
	return ""
}

func cutLast(name string) (path, leaf string) {
	i := strings.LastIndexByte(name, '.')
	if i < 0 {
		return name, name
	}
	return name[:i], name[i+1:]
}

func isParameterLeaf(leaf string) bool {
	return leaf == "weight" || leaf == "bias" || strings.HasSuffix(leaf, "_token")
}

// Kind is the name of the primitive, such as "linear", or "layernorm.dx" and "linear.dw" of
// gradients.
func (o *Op) Kind() string { return o.spec.kind }

// Label is the path of the layer that the operation belongs to.
func (o *Op) Label() string { return o.label }

// Result is the type and shape of the node's value.
func (o *Op) Result() (kernel.DType, []int) { return o.spec.dtype, o.spec.shape }

// Saves lists the results that the operation writes beside the node's value.
func (o *Op) Saves() []*Saved { return o.spec.saves }

// Uses lists the saved results of earlier operations that this one reads.
func (o *Op) Uses() []*Saved { return o.spec.uses }

// Alias is the Saved whose memory is the node's value, or nil.
func (o *Op) Alias() *Saved { return o.spec.alias }

// SameMemory reports whether the node's value is its first operand, unchanged.
func (o *Op) SameMemory() bool { return o.spec.same }

// Again is the node whose value the operation computes a second time, or nil.
func (o *Op) Again() *Node { return o.spec.again }

// Mixes reports whether an image's result depends on the other images that this operation was
// given. In a replica these are its shard, so that the result would be wrong; operations that go
// through a comm.Comm know the whole batch.
func (o *Op) Mixes() bool { return o.spec.mixes }

// Place gives the operation its engine and the memory of its value.
func (o *Op) Place(e kernel.Engine, out kernel.Tensor) { o.engine, o.out = e, out }

// Run computes the value from operands.
func (o *Op) Run(operands []kernel.Tensor) {
	if o.spec.run != nil {
		o.spec.run(o.engine, o.out, operands)
	}
}

// The rest is what Gorgonia asks of an operation.

var _ G.SDOp = (*Op)(nil)

// Arity is the number of operands.
func (o *Op) Arity() int { return len(o.args) }

// Type is the function type over the exact operand types.
func (o *Op) Type() hm.Type {
	return hm.NewFnType(append(slices.Clone(o.args), typeOf(o.spec.dtype, len(o.spec.shape)))...)
}

// InferShape is the shape that the constructor derived and checked.
func (o *Op) InferShape(...G.DimSizer) (tensor.Shape, error) {
	return tensor.Shape(o.spec.shape).Clone(), nil
}

// Do runs the operation under any Gorgonia machine, once a planner has placed it.
func (o *Op) Do(values ...G.Value) (G.Value, error) {
	if o.engine == nil {
		return nil, errors.New(o.String() + ": not placed in memory")
	}
	operands := make([]kernel.Tensor, len(values))
	for i, v := range values {
		operands[i] = tensorOf(v)
	}
	o.Run(operands)
	return dense(o.out), nil
}

// ReturnsPtr is true: the value stays where the planner put it.
func (o *Op) ReturnsPtr() bool { return true }

// CallsExtern is false: true would make the tape machine allocate.
func (o *Op) CallsExtern() bool { return false }

// OverwritesInput is -1: sharing memory is the planner's business.
func (o *Op) OverwritesInput() int { return -1 }

// WriteHash writes an identity that no other operation of the graph has.
func (o *Op) WriteHash(h hash.Hash) { fmt.Fprintf(h, "%s@%d", o.spec.kind, o.id) }

// Hashcode is the 32-bit FNV-1a of WriteHash.
func (o *Op) Hashcode() uint32 {
	h := fnv.New32a()
	o.WriteHash(h)
	return h.Sum32()
}

func (o *Op) String() string { return o.spec.kind + " " + o.label }

// DiffWRT says which operands have a gradient.
func (o *Op) DiffWRT(int) []bool { return o.wrt }

// SymDiff builds the gradients of the operands from dy.
func (o *Op) SymDiff(in G.Nodes, y, dy *G.Node) (G.Nodes, error) {
	grads := make(G.Nodes, len(in))
	for i, g := range o.spec.grad(y, dy) {
		grads[o.spec.diff[i]] = g
	}
	return grads, nil
}
