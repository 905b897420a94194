package optim

import (
	"math"

	"cmae/internal/config"
)

// Schedule names how the learning rate falls after the warm-up.
type Schedule string

// The schedules.
const (
	ScheduleCosine Schedule = "cosine"
	ScheduleStep   Schedule = "step"
)

// baseBatch is the batch that BaseLR is the rate for.
const baseBatch = 256

// Rate is the peak learning rate for a batch, linear in its size (Goyal et al., arXiv 1706.02677).
func (c Config) Rate(batch int) float64 { return c.BaseLR * float64(batch) / baseBatch }

// BaseOf is the BaseLR whose Rate for a batch is the given one.
func BaseOf(rate float64, batch int) float64 { return rate * baseBatch / float64(batch) }

// RateAt is the learning rate of a step that begins at a fractional epoch: linear warm-up from 0,
// then half a cosine to MinLR, or the peak times Gamma for every milestone that is reached.
func (c Config) RateAt(epoch float64, epochs, batch int) float64 {
	peak := c.Rate(batch)
	if epoch < c.WarmupEpochs {
		return peak * epoch / c.WarmupEpochs
	}
	if c.Schedule == ScheduleStep {
		rate := peak
		for _, m := range c.Milestones {
			if epoch >= milestone(m, epochs) {
				rate *= c.Gamma
			}
		}
		return max(rate, c.MinLR)
	}
	progress := (epoch - c.WarmupEpochs) / (float64(epochs) - c.WarmupEpochs)
	return c.MinLR + (peak-c.MinLR)*(1+math.Cos(math.Pi*progress))/2
}

// milestone is the epoch at which the rate falls by milestone m, which is that epoch or, below 1, a
// share of all epochs, rounded to a whole one.
func milestone(m float64, epochs int) float64 {
	if m < 1 {
		return math.Round(m * float64(epochs))
	}
	return m
}

// validateSchedule refuses milestones and gamma where nothing steps, and milestones out of order.
func (c Config) validateSchedule() error {
	step := c.Schedule == ScheduleStep
	switch {
	case step && len(c.Milestones) == 0:
		return config.Faultf(
			"optim.milestones", "optim.schedule step needs at least one, such as [0.6, 0.8]",
		)
	case !step && len(c.Milestones) > 0:
		return config.Faultf(
			"optim.milestones",
			"belongs to optim.schedule step, which a cosine is not; leave it out, or set it to "+
				"[] where the method brings some",
		)
	case !step && c.Gamma != Default().Gamma:
		return config.Faultf(
			"optim.gamma",
			"belongs to optim.schedule step, which a cosine is not; leave it out",
		)
	}
	for i, m := range c.Milestones {
		if i > 0 && (m <= c.Milestones[i-1] || m >= 1 && c.Milestones[i-1] < 1) {
			return config.Faultf(
				"optim.milestones",
				"%v must be ascending, all in epochs or all below 1",
				c.Milestones,
			)
		}
	}
	return nil
}

// Within is defaults for a run of so many epochs: where their warm-up takes all of it, a fourth.
func (c Config) Within(epochs int) Config {
	if epochs > 0 && c.WarmupEpochs >= float64(epochs) {
		c.WarmupEpochs = float64(epochs) / 4
	}
	return c
}

// ValidateEpochs checks what depends on the length of a run: warm-up and milestones lie within it.
func (c Config) ValidateEpochs(epochs int) error {
	if c.WarmupEpochs >= float64(epochs) {
		return config.Faultf(
			"optim.warmup_epochs",
			"%g must be below train.epochs %d", c.WarmupEpochs, epochs,
		)
	}
	for _, m := range c.Milestones {
		if m >= 1 && m >= float64(epochs) { // a share may round to the end of a short run
			return config.Faultf(
				"optim.milestones",
				"%g is not before the end of %d epochs (train.epochs)", m, epochs,
			)
		}
	}
	return nil
}
