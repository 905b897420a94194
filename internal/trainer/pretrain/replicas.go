package pretrain

import (
	"cmae/internal/graph"
	"cmae/internal/graph/nn"
	"cmae/internal/kernel/backend"
	"cmae/internal/model"
	"cmae/internal/recipe"
)

// LanesOn is how many lanes a run of c has.
func LanesOn(c recipe.Pretrain, choice *backend.Choice, arch model.Config) (int, error) {
	batch := c.Train.Microbatch()
	plan := func(p *nn.Params) (*graph.Sketch, error) {
		return PlanStep(p, arch, batch, 1, choice.Inner)
	}
	return choice.LanesFor(c.Lanes, batch, c.MayShare() == nil, plan)
}
