package graph

import (
	"cmae/internal/graph/op"
	"cmae/internal/kernel"
)

// Each calls visit for every operation in the order of execution, with its memory. o is nil for a
// gradient sum.
func (m *Machine) Each(visit func(o *op.Op, out kernel.Tensor, operands []kernel.Tensor)) {
	for i := range m.steps {
		c := &m.steps[i]
		visit(c.op, c.out, c.operands)
	}
}
