package nn

import (
	"fmt"

	G "gorgonia.org/gorgonia"

	"cmae/internal/comm"
	"cmae/internal/graph/op"
	"cmae/internal/kernel"
)

// Scope is a place in a model under construction: a graph, the parameters behind it, and the path
// of names so far.
type Scope struct {
	graph   *G.ExprGraph
	params  *Params
	compute kernel.DType
	prefix  string
	role    Role
	learns  bool      // tables are trained too
	comm    comm.Comm // among whom the batch is divided, or nil
	nodes   map[string]*G.Node
}

// NewScope opens the root of a graph. compute is the type of what flows inside a block: the
// parameters' own, or BF16.
func NewScope(g *G.ExprGraph, p *Params, compute kernel.DType) *Scope {
	return &Scope{graph: g, params: p, compute: compute, nodes: map[string]*G.Node{}}
}

// Sub is the scope called name below s.
func (s *Scope) Sub(name string) *Scope {
	sub := *s
	sub.prefix = s.prefix + name + "."
	return &sub
}

// As is s with parameters of another role.
func (s *Scope) As(role Role) *Scope {
	sub := *s
	sub.role = role
	return &sub
}

// Role is the role of parameters made here.
func (s *Scope) Role() Role { return s.role }

// FullPrecision is s with the parameters' own type inside blocks too: for heads, which cost little
// and whose BatchNorm divides by the small differences between images.
func (s *Scope) FullPrecision() *Scope {
	sub := *s
	sub.compute = s.params.paramType
	return &sub
}

// Among is s in a replica's graph: c is what joins it to the others.
func (s *Scope) Among(c comm.Comm) *Scope {
	sub := *s
	sub.comm = c
	return &sub
}

// Comm joins this replica to the others of the batch. It may be nil.
func (s *Scope) Comm() comm.Comm { return s.comm }

// Engine is where parameters live.
func (s *Scope) Engine() kernel.Engine { return s.params.engine }

// Graph is the graph under construction.
func (s *Scope) Graph() *G.ExprGraph { return s.graph }

// ParamType is the type of parameters, residual streams and losses.
func (s *Scope) ParamType() kernel.DType { return s.params.paramType }

// ComputeType is the type of what flows inside a block.
func (s *Scope) ComputeType() kernel.DType { return s.compute }

// Param is the graph's node of the parameter called name here, created from init the first time any
// graph asks for it.
func (s *Scope) Param(name string, init Init, shape ...int) *G.Node {
	return s.node(name, init, s.role, shape)
}

// LearnTables is s with tables that are trained like any other parameter.
func (s *Scope) LearnTables() *Scope {
	sub := *s
	sub.learns = true
	return &sub
}

// LearnsTables reports whether tables are trained here.
func (s *Scope) LearnsTables() bool { return s.learns }

// Table is a parameter that is fixed by construction, such as sine and cosine positions.
func (s *Scope) Table(name string, init Init, shape ...int) *G.Node {
	if s.learns {
		return s.node(name, init, s.role, shape)
	}
	return s.node(name, init, Fixed, shape)
}

func (s *Scope) node(name string, init Init, role Role, shape []int) *G.Node {
	full := s.prefix + name
	return s.once(full, func() *G.Node {
		return op.Input(s.graph, full, s.params.ensure(full, init, role, shape).Value)
	})
}

// once is the graph's node called name, which make makes the first time.
func (s *Scope) once(name string, make func() *G.Node) *G.Node {
	n, ok := s.nodes[name]
	if !ok {
		n = make()
		s.nodes[name] = n
	}
	return n
}

// Weight is the matrix called weight here, in the compute type, as matrix products read it. It is
// converted once a step, however many passes use it.
func (s *Scope) Weight(shape ...int) *G.Node { return s.Matrix(XavierUniform, shape...) }

// Matrix is Weight with other initial values.
func (s *Scope) Matrix(init Init, shape ...int) *G.Node {
	const name = "weight"
	full := s.prefix + name
	if s.compute != s.params.paramType && s.compute == s.params.copies {
		// the copy (KeepCopies) stands for the matrix in this graph and has its name; gradients of
		// the matrix are this node's
		return s.once(full, func() *G.Node {
			p := s.params.ensure(full, init, s.role, shape)
			return op.Input(s.graph, full, s.params.copyOf(p))
		})
	}
	w := s.Param(name, init, shape...)
	if s.compute == s.params.paramType {
		return w
	}
	return s.once(full+" as "+s.compute.String(), func() *G.Node { return op.Cast(w, s.compute) })
}

// Trained lists the nodes of this graph that an optimizer changes, in order of creation, with their
// parameters.
func (s *Scope) Trained() (G.Nodes, []*Param) {
	var nodes G.Nodes
	var params []*Param
	for _, p := range s.params.list {
		if n, ok := s.nodes[p.Name]; ok && p.Role == Trained {
			nodes, params = append(nodes, n), append(params, p)
		}
	}
	return nodes, params
}

// Differentiate adds the gradients of a loss to the graph. It returns the gradients of the
// trained parameters, and these parameters in the same order.
func (s *Scope) Differentiate(loss *G.Node) (G.Nodes, []*Param) {
	trained, params := s.Trained()
	grads, err := G.Grad(loss, trained...)
	if err != nil {
		panic(fmt.Sprintf("nn: differentiate: %v", err)) // every op has a gradient: our own bug
	}
	return grads, params
}
