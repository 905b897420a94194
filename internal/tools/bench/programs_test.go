package bench

import (
	"errors"
	"testing"

	"cmae/internal/dl"
	"cmae/internal/kernel/pjrt"
	"cmae/internal/kernel/xla"
)

// TestAStepIsOneProgram: from the third step on nothing is compiled any more, and a step is one run
// of one program. What goes up is the images and little more (masks, numbers), in so many bytes a
// value: pixels that are predicted are float32, those that only encoders see are bf16.
func TestAStepIsOneProgram(t *testing.T) {
	for name, method := range map[string]struct {
		set   []string
		bytes int // a pixel's channel in all views
	}{
		"mae": {[]string{"contrast.weight=0", "location.weight=0"}, 4},
		// two steps go once round the queue
		"moco-v2": {[]string{"method=moco-v2", "contrast.queue_size=8"}, 2 + 2},
	} {
		c := small()
		choose(t, &c, method.set...)
		c.Engine, c.Precision = xla.Name, "bf16"
		s, err := newStepper(c, 16, nil)
		if errors.Is(err, pjrt.ErrNotFound) || errors.Is(err, dl.ErrUnsupported) {
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
		images := int64(steps * c.Train.BatchSize * 3 * 16 * 16 * method.bytes)
		if up := now.Uploaded - warm.Uploaded; up < images || up > images*5/4 {
			t.Errorf("%s: %d bytes of images, %d uploaded", name, images, up)
		}
	}
}
