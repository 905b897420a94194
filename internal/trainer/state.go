package trainer

import (
	"fmt"
	"math"

	"cmae/internal/checkpoint"
	"cmae/internal/kernel"
	"cmae/internal/runs"
)

// The groups of tensors of a checkpoint.
const (
	groupModel     = "model"     // parameters, tables and momentum copies (those that make the next step's keys) by the names of spec 8
	groupOptimizer = "optimizer" // first.NAME and second.NAME of AdamW
	groupState     = "state"     // queue, boxes
)

// position is where a run stands, between two steps.
type position struct {
	step      int     // optimizer steps done
	epoch     int     // of the next step
	inEpoch   int     // steps of that epoch done
	lossSum   float64 // over those steps
	loss      float64 // mean of the last whole epoch
	refreshed int     // the last epoch before which the boxes were found anew, -1 if never
	rows      int     // of metrics.jsonl
	best      float64 // of the metric that best follows, lower is better
}

func (p position) metrics() map[string]float64 {
	m := map[string]float64{"loss_sum": p.lossSum, "loss": p.loss, "refreshed": float64(p.refreshed), "rows": float64(p.rows)}
	if !math.IsInf(p.best, 0) {
		m["best"] = p.best
	}
	return m
}

func positionOf(m checkpoint.Manifest) position {
	p := position{
		step: m.Step, epoch: m.Epoch, inEpoch: m.Position, best: math.Inf(1),
		lossSum: m.Metrics["loss_sum"], loss: m.Metrics["loss"], refreshed: int(m.Metrics["refreshed"]), rows: int(m.Metrics["rows"]),
	}
	if best, ok := m.Metrics["best"]; ok {
		p.best = best
	}
	return p
}

// save writes the whole state of the run and points last to it; best too when the metric improved.
func (t *trainer) save(best bool) (string, error) {
	rows, err := t.logs.Sync()
	if err != nil {
		return "", err
	}
	t.at.rows = rows
	text, err := runs.Resolved(t.config)
	if err != nil {
		return "", err
	}
	tensors := map[string][]checkpoint.Tensor{
		groupModel: runs.Model(t.params), groupOptimizer: runs.Moments(t.choice.Engine, t.adamw),
	}
	if state := t.smallState(); len(state) > 0 {
		tensors[groupState] = state
	}
	path, err := t.store.Save(&checkpoint.Checkpoint{
		Manifest: checkpoint.Manifest{Step: t.at.step, Epoch: t.at.epoch, Position: t.at.inEpoch, Metrics: t.at.metrics(), Tool: t.options.Tool},
		Config:   text, Tensors: tensors,
	})
	if err != nil {
		return "", err
	}
	if best {
		if err := t.store.SetBest(t.at.step); err != nil {
			return "", err
		}
	}
	if t.config.Train.KeepLast > 0 {
		if err := t.store.Purge(t.config.Train.KeepLast); err != nil {
			t.console.Warn("old checkpoints: %v", err)
		}
	}
	return path, nil
}

// smallState is what a step needs beside parameters and moments.
func (t *trainer) smallState() []checkpoint.Tensor {
	var state []checkpoint.Tensor
	if q := t.step.Inputs.Queue; !q.Absent() {
		state = append(state, runs.Download(t.choice.Engine, "queue", q))
	}
	if t.boxes != nil {
		state = append(state, runs.Floats("boxes", []int{t.boxes.Len(), 4}, t.boxes.Floats()))
	}
	return state
}

// restore brings everything back from a checkpoint of the same settings.
func (t *trainer) restore(c *checkpoint.Checkpoint) error {
	if err := runs.Restore(c, t.params, t.adamw); err != nil {
		return err
	}
	var arrays []checkpoint.Tensor
	for _, s := range c.Tensors[groupState] {
		if s.Name != "boxes" {
			arrays = append(arrays, s)
			continue
		}
		values, err := s.Float32s()
		if err == nil {
			err = t.boxes.Restore(values)
		}
		if err != nil {
			return fmt.Errorf("%w: boxes: %w", checkpoint.ErrMismatch, err)
		}
	}
	places := map[string]kernel.Tensor{}
	if q := t.step.Inputs.Queue; !q.Absent() {
		places["queue"] = q
	}
	t.at = positionOf(c.Manifest)
	return runs.Fill(t.choice.Engine, arrays, places)
}
