package graph

import (
	G "gorgonia.org/gorgonia"

	"cmae/internal/graph/op"
)

// Sketch is what running a graph would take, found without an engine.
type Sketch struct {
	Tasks  []Task
	Inputs G.Nodes // what the graph reads: parameters and data
	// bytes of the arena, and what it would be if no two values shared a place
	Shared, Unshared int
}

// Task is one operation of a Sketch, in the order of execution.
type Task struct {
	Node     *G.Node
	Op       *op.Op  // nil for Gorgonia's Add
	Operands G.Nodes // of Op
}

// Plan is Compile without memory: the operations that the outputs need, and the memory that they
// would share.
func Plan(g *G.ExprGraph, outputs G.Nodes) (*Sketch, error) {
	p, err := newPlan(g, outputs, true)
	if err != nil {
		return nil, err
	}
	s := &Sketch{}
	for _, n := range p.leaves {
		if n.IsVar() {
			s.Inputs = append(s.Inputs, n)
		}
	}
	for _, st := range p.steps {
		s.Tasks = append(s.Tasks, Task{st.node, st.op, st.children})
	}
	storages := p.all()
	s.Shared, s.Unshared = pack(storages), apart(storages)
	return s, nil
}
