package optim

import (
	"errors"
	"fmt"
	"math"
)

// Schedule names how the learning rate falls after the warm-up.
type Schedule string

// The schedules.
const (
	ScheduleCosine Schedule = "cosine"
	ScheduleStep   Schedule = "step"
)

// MostEpochs is the longest that anything may be asked to train.
const MostEpochs = 1_000_000

// Rate is the peak learning rate for a batch.
func (c Config) Rate(batch int) float64 { return c.BaseLR * float64(batch) / 256 }

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

// milestone is the epoch of milestone m. An m below 1 is a share of all epochs, rounded to a whole
// epoch.
func milestone(m float64, epochs int) float64 {
	if m < 1 {
		return math.Round(m * float64(epochs))
	}
	return m
}

func (c Config) validateSchedule() error {
	gamma := Default().Gamma
	switch c.Schedule {
	case ScheduleCosine:
		if len(c.Milestones) > 0 || c.Gamma != gamma {
			return errors.New(
				"optim.milestones and optim.gamma: belong to optim.schedule step, which a cosine is not; leave them out, or set milestones to [] where the method brings some",
			)
		}
		return nil
	case ScheduleStep:
		if len(c.Milestones) == 0 {
			return errors.New(
				"optim.milestones: optim.schedule step needs at least one, such as [0.6, 0.8]",
			)
		}
	default:
		return fmt.Errorf(
			"optim.schedule: %q is not one of %s, %s", c.Schedule, ScheduleCosine, ScheduleStep,
		)
	}
	if !(c.Gamma > 0 && c.Gamma <= 1) {
		return fmt.Errorf("optim.gamma: %g must be above 0 and at most 1", c.Gamma)
	}
	for i, m := range c.Milestones {
		if !(m > 0) || i > 0 && (m <= c.Milestones[i-1] || m >= 1 && c.Milestones[i-1] < 1) {
			return fmt.Errorf(
				"optim.milestones: %v must be positive and ascending, all in epochs or all below 1",
				c.Milestones,
			)
		}
	}
	return nil
}

// ValidateEpochs checks what depends on the length of a run: warm-up and milestones lie within it.
func (c Config) ValidateEpochs(epochs int) error {
	if c.WarmupEpochs >= float64(epochs) {
		return fmt.Errorf(
			"optim.warmup_epochs: %g must be below train.epochs %d", c.WarmupEpochs, epochs,
		)
	}
	for _, m := range c.Milestones {
		if milestone(m, epochs) >= float64(epochs) {
			return fmt.Errorf(
				"optim.milestones: %g is not before the end of %d epochs (train.epochs)", m, epochs,
			)
		}
	}
	return nil
}
