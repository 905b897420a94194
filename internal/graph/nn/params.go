package nn

import (
	"fmt"
	"slices"
	"strings"

	"cmae/internal/kernel"
)

// Param is a named array that graphs of every batch shape share.
type Param struct {
	Name  string
	Value kernel.Tensor
	// Value in the compute type, absent unless KeepCopies asked for it and a graph reads it
	Copy kernel.Tensor
	Role Role
}

// Role says what changes a parameter.
type Role uint8

// The roles. An EMA is the exponential moving average, or momentum copy, of the parameter that has
// its name without the momentum prefix. Running statistics are moved by the forward passes of
// training, those of momentum copies too: checkpoints carry them, no optimizer sees them.
const (
	Trained Role = iota
	EMA
	Fixed
	Running
)

// Decays reports whether weight decay applies: to matrices and tokens, not to one-dimensional
// parameters and biases (spec 1.11).
func (p *Param) Decays() bool {
	return len(p.Value.Shape) > 1 && !strings.HasSuffix(p.Name, "bias")
}

// Params is the set of parameters of a model, in order of creation, in the memory of one engine.
type Params struct {
	engine    kernel.Engine
	paramType kernel.DType
	seed      uint64
	copies    kernel.DType // of matrices, 0 for none
	list      []*Param
	byName    map[string]*Param
	parts     []Part
}

// NewParams starts an empty set. paramType is the floating-point type of every parameter; initial
// values are a function of seed and name.
func NewParams(e kernel.Engine, paramType kernel.DType, seed uint64) *Params {
	return &Params{engine: e, paramType: paramType, seed: seed, byName: map[string]*Param{}}
}

// All lists the parameters in order of creation.
func (p *Params) All() []*Param { return p.list }

// Engine is where the parameters live.
func (p *Params) Engine() kernel.Engine { return p.engine }

// Lookup finds a parameter by its full name.
func (p *Params) Lookup(name string) (*Param, bool) {
	param, ok := p.byName[name]
	return param, ok
}

// Count is the number of values of the trained parameters whose names start with prefix.
func (p *Params) Count(prefix string) int {
	n := 0
	for _, param := range p.list {
		if param.Role == Trained && strings.HasPrefix(param.Name, prefix) {
			n += param.Value.Len()
		}
	}
	return n
}

// ensure returns the parameter called name, creating it from init the first time.
func (p *Params) ensure(name string, init Init, role Role, shape []int) *Param {
	if param, ok := p.byName[name]; ok {
		if !slices.Equal(param.Value.Shape, shape) {
			panic(fmt.Sprintf("nn: %s is %v and asked for as %v", name, param.Value.Shape, shape))
		}
		return param
	}
	param := &Param{Name: name, Value: p.engine.New(p.paramType, shape...), Role: role}
	if !IsMeta(p.engine) {
		values := make([]float64, param.Value.Len())
		init(values, shape, streamOf(p.seed, name))
		kernel.Write(p.engine, param.Value, values)
	}
	p.list, p.byName[name] = append(p.list, param), param
	return param
}
