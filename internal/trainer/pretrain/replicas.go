package pretrain

import (
	"cmae/internal/graph"
	"cmae/internal/graph/nn"
	"cmae/internal/kernel/backend"
	"cmae/internal/model"
	"cmae/internal/recipe"
)

// ReplicasOn is how many replicas a run of c has.
func ReplicasOn(c recipe.Pretrain, choice *backend.Choice, arch model.Config) (int, error) {
	batch := c.Train.Microbatch()
	plan := func(p *nn.Params) (*graph.Sketch, error) {
		return PlanStep(p, arch, batch, 1, choice.Inner)
	}
	return choice.ReplicasFor(c.Replicas, batch, c.MayShard() == nil, plan)
}
