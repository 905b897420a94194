package finetune

import (
	"cmae/internal/checkpoint"
	"cmae/internal/runs"
)

// position is where a run stands, between two steps.
type position struct {
	step      int     // optimizer steps done
	epoch     int     // of the next step
	inEpoch   int     // steps of that epoch done
	lossSum   float64 // over those steps
	loss      float64 // mean of the last whole epoch
	rows      int     // of metrics.jsonl
	best      float64 // highest accuracy on the test images so far, -1 before the first
	bestEpoch int     // after which that was, from 1
}

func (p position) metrics() map[string]float64 {
	return map[string]float64{
		"loss_sum": p.lossSum, "loss": p.loss, "rows": float64(p.rows), "best": p.best, "best_epoch": float64(p.bestEpoch),
	}
}

func positionOf(m checkpoint.Manifest) position {
	return position{
		step: m.Step, epoch: m.Epoch, inEpoch: m.Position, lossSum: m.Metrics["loss_sum"], loss: m.Metrics["loss"],
		rows: int(m.Metrics["rows"]), best: m.Metrics["best"], bestEpoch: int(m.Metrics["best_epoch"]),
	}
}

// save writes the whole state of the run and points last to it; best too when it is the best so far.
func (t *tuner) save(best bool) (string, error) {
	rows, err := t.logs.Sync()
	if err != nil {
		return "", err
	}
	t.at.rows = rows
	text, err := runs.Resolved(t.config)
	if err != nil {
		return "", err
	}
	path, err := t.store.Save(&checkpoint.Checkpoint{
		Manifest: checkpoint.Manifest{Step: t.at.step, Epoch: t.at.epoch, Position: t.at.inEpoch, Metrics: t.at.metrics(), Tool: t.options.Tool},
		Config:   text,
		Tensors:  map[string][]checkpoint.Tensor{"model": runs.Model(t.params), "optimizer": runs.Moments(t.choice.Engine, t.adamw)},
	})
	if err == nil && best {
		err = t.store.SetBest(t.at.step)
	}
	if err != nil {
		return "", err
	}
	if t.config.Train.KeepLast > 0 {
		if err := t.store.Purge(t.config.Train.KeepLast); err != nil {
			t.console.Warn("old checkpoints: %v", err)
		}
	}
	return path, nil
}

// restore brings the run back from a checkpoint of the same settings.
func (t *tuner) restore(c *checkpoint.Checkpoint) error {
	t.at = positionOf(c.Manifest)
	return runs.Restore(c, t.params, t.adamw)
}
