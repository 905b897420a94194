package exec

import (
	"cmae/internal/comm"
	"cmae/internal/graph"
	"cmae/internal/graph/nn"
	"cmae/internal/kernel"
)

// Plan is Compile without memory: what one of so many replicas would compute and hold. p comes from
// nn.NewMeta and is filled.
func Plan(
	p *nn.Params, replicas int, compute kernel.DType, build func(b *Builder),
) (*graph.Sketch, error) {
	b, err := sketch(p, replicas, compute, build)
	if err != nil {
		return nil, err
	}
	return graph.Plan(b.Graph(), b.results())
}

// Shapes lists the names, roles and shapes of the parameters that build makes. They hold no values.
func Shapes(build func(b *Builder)) (*nn.Params, error) {
	p := nn.NewMeta(kernel.F32)
	_, err := sketch(p, 1, kernel.F32, build)
	return p, err
}

func sketch(
	p *nn.Params, replicas int, compute kernel.DType, build func(b *Builder),
) (*Builder, error) {
	b := newBuilder(
		p, compute, p.Engine(), comm.Planned(replicas), map[string]kernel.Tensor{},
	)
	return b, b.run(build)
}
