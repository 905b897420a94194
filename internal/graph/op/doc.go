// Package op holds the operations of a Gorgonia graph: each a fused unit with its gradient, its
// shape rule and the engine primitive that computes it. Models use nothing else; the one built-in
// operation left in a graph is the Add by which Gorgonia sums gradients where a value has several
// readers.
//
// Read op.go (the adapter behind every operation), value.go (Gorgonia's names of types and memory),
// build.go (how a bad shape is reported), operands.go (operands that may be absent), then any file:
// an operation or a few of one kind, the forward constructor first, its gradient below it.
//
// A constructor takes and returns graph nodes. What a gradient needs of the forward pass beyond its
// operands stands in a Saved, which the planner of package graph places in memory like a node's own
// result; one that nobody reads is never stored.
//
// The letters of shapes are those of package kernel.
package op
