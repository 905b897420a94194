package trainer

import (
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
	text, err := resolved(s.Config)
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
