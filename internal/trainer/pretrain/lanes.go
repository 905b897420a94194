package pretrain

import (
	"fmt"

	"cmae/internal/comm"
	"cmae/internal/graph"
	"cmae/internal/graph/nn"
	"cmae/internal/kernel/backend"
	"cmae/internal/model"
)

// LanesOn is how many lanes a run has.
func (c Config) LanesOn(choice *backend.Choice, arch model.Config) (int, error) {
	batch := c.Train.BatchSize / c.Train.Accumulate
	return choice.LanesFor(c.Lanes, batch, c.mayShare() == nil, func(p *nn.Params) (*graph.Sketch, error) {
		return PlanStep(p, arch, batch, 1, choice.Inner)
	})
}

// mayShare returns the setting that keeps a step from being computed in shares, as an error. Lanes
// meet only for InfoNCE within the batch and for BatchNorm over the whole batch.
func (c Config) mayShare() error {
	switch {
	case c.Model.IsResNet():
		return fmt.Errorf(
			"lanes: BatchNorm of %s needs the whole batch in every layer; set it to 1",
			c.Model.Size,
		)
	case c.Contrast.Weight > 0 && c.Contrast.QueueSize > 0:
		return fmt.Errorf(
			"lanes: contrast.queue_size %d: a queue is one lane's; set one of them to 0",
			c.Contrast.QueueSize,
		)
	case c.Contrast.Weight > 0 && c.Contrast.Groups > 1:
		return fmt.Errorf(
			"lanes: contrast.groups %d deal images out over the whole batch; set one of them to 1",
			c.Contrast.Groups,
		)
	}
	return nil
}

// validateLanes refuses a number of lanes that a run of these settings cannot have.
func (c Config) validateLanes() error {
	if err := lanes.Check(c.Lanes, c.Train.BatchSize, c.Train.Accumulate); err != nil ||
		c.Lanes <= 1 {
		return err
	}
	return c.mayShare()
}
