package trainer

import (
	"fmt"

	"cmae/internal/fault"
	"cmae/internal/rundir"
	"cmae/internal/rundir/checkpoint"
)

// Position is where a run stands, between two steps.
type Position struct {
	Step    int     // optimizer steps done
	Epoch   int     // of the next step
	InEpoch int     // steps of that epoch done
	Loss    float64 // mean of the last whole epoch
	lossSum float64 // over the steps of this one
	rows    int     // of metrics.jsonl
}

func positionOf(m checkpoint.Manifest) Position {
	return Position{
		Step: m.Step, Epoch: m.Epoch, InEpoch: m.Position,
		Loss: m.Metrics["loss"], lossSum: m.Metrics["loss_sum"], rows: int(m.Metrics["rows"]),
	}
}

// save writes the whole state of the run and points last to it; best too when it is the best so
// far.
func (s *Session) save(best bool) (path string, err error) {
	if s.At.rows, err = s.logs.Sync(); err != nil {
		return "", err
	}
	text, err := rundir.Resolved(s.Config)
	if err != nil {
		return "", err
	}
	c := &checkpoint.Checkpoint{
		Manifest: checkpoint.Manifest{
			Step: s.At.Step, Epoch: s.At.Epoch, Position: s.At.InEpoch, Side: s.Side, Tool: s.Tool, Data: s.digests(),
			Metrics: map[string]float64{
				"loss": s.At.Loss, "loss_sum": s.At.lossSum, "rows": float64(s.At.rows),
			},
		},
		Config: text,
		Tensors: map[string][]checkpoint.Tensor{
			groupModel: modelTensors(s.Params), groupOptimizer: moments(s.Choice, s.step.Optimizer),
		},
	}
	s.training.Save(c)
	if path, err = s.store.Save(c); err == nil && best {
		err = s.store.SetBest(s.At.Step)
	}
	if err != nil {
		return "", err
	}
	if s.KeepLast > 0 {
		if err := s.store.Purge(s.KeepLast); err != nil {
			s.Console.Warn("old checkpoints: %v", err)
		}
	}
	return path, nil
}

// restore brings everything back from a checkpoint of the same settings.
func (s *Session) restore(c *checkpoint.Checkpoint) error {
	if err := restoreModel(c, s.Params, s.step.Optimizer); err != nil {
		return err
	}
	s.At = positionOf(c.Manifest)
	return s.training.Restore(c)
}

// digests identify the images that a resume must find unchanged: those that the run learns from
// and, if it judges itself, those that it is judged on.
func (s *Session) digests() map[string]string {
	d := map[string]string{checkpoint.TrainSplit: s.Images.Train.Digest()}
	if s.JudgesItself {
		d[checkpoint.TestSplit] = s.Images.Test.Digest()
	}
	return d
}

// sameImages refuses a resume on other images than those of the checkpoint. It cannot tell with old
// checkpoints, which have no digests.
func (s *Session) sameImages(saved map[string]string) error {
	for split, now := range s.digests() {
		if before, ok := saved[split]; ok && before != now {
			return fmt.Errorf("%w: the images of the %s split are not those that the run began with: files were added, removed, renamed or changed; "+
				"bring them back, or start another run with --init-from", fault.Usage, split)
		}
	}
	return nil
}
