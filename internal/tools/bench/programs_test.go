package bench

import (
	"errors"
	"testing"

	"cmae/internal/kernel/pjrt"
	"cmae/internal/kernel/xla"
)

// TestAStepIsOneProgram: from the third step on nothing is compiled any more, and a step is one run
// of one program.
func TestAStepIsOneProgram(t *testing.T) {
	for name, set := range map[string][]string{
		"mae":     {"contrast.weight=0", "location.weight=0"},
		"moco-v2": {"method=moco-v2", "contrast.queue_size=8"}, // two steps go once round the queue
	} {
		c := small()
		choose(t, &c, set...)
		c.Engine, c.Precision = xla.Name, "bf16"
		s, err := newStepper(c, 16, nil)
		if errors.Is(err, pjrt.ErrNotFound) || errors.Is(err, pjrt.ErrUnsupported) {
			t.Skip(err)
		}
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		const steps = 4
		var warm, now = compiled(s.Run.Choice.Engine), compiled(s.Run.Choice.Engine)
		for i := range warmUp + steps {
			if err := s.step(t.Context()); err != nil {
				t.Fatal(err)
			}
			if now = compiled(s.Run.Choice.Engine); i < warmUp {
				warm = now
			}
		}
		if now.Programs != warm.Programs || now.Runs-warm.Runs != steps {
			t.Errorf(
				"%s: after %d steps %+v, %d later %+v", name, warmUp, warm, steps, now,
			)
		}
	}
}
