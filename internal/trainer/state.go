package trainer

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"cmae/internal/checkpoint"
	"cmae/internal/kernel"
	"cmae/internal/nn"
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
	if err := t.metrics.sync(); err != nil {
		return "", fmt.Errorf("trainer: metrics: %w", err)
	}
	t.at.rows = t.metrics.rows
	text, err := resolved(t.config)
	if err != nil {
		return "", err
	}
	moments, _ := t.adamw.State()
	tensors := map[string][]checkpoint.Tensor{}
	for _, p := range t.params.All() {
		tensors[groupModel] = append(tensors[groupModel], t.download(p.Name, p.Value))
	}
	for _, m := range moments {
		tensors[groupOptimizer] = append(tensors[groupOptimizer], t.download(m.Name, m.Value))
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
		state = append(state, t.download("queue", q))
	}
	if t.boxes != nil {
		state = append(state, floats("boxes", []int{t.boxes.Len(), 4}, t.boxes.Floats()))
	}
	return state
}

func (t *trainer) download(name string, v kernel.Tensor) checkpoint.Tensor {
	return floats(name, v.Shape, nn.ReadTensor[float32](t.params.Engine(), v))
}

func floats(name string, shape []int, values []float32) checkpoint.Tensor {
	return checkpoint.Tensor{Name: name, DType: "F32", Shape: shape, Data: slices.Clone(kernel.Bytes(values))}
}

// restore brings everything back from a checkpoint of the same settings.
func (t *trainer) restore(c *checkpoint.Checkpoint) error {
	targets := map[string]map[string]kernel.Tensor{groupModel: {}, groupOptimizer: {}, groupState: {}}
	for _, p := range t.params.All() {
		targets[groupModel][p.Name] = p.Value
	}
	moments, _ := t.adamw.State()
	for _, m := range moments {
		targets[groupOptimizer][m.Name] = m.Value
	}
	if q := t.step.Inputs.Queue; !q.Absent() {
		targets[groupState]["queue"] = q
	}
	for group, want := range targets {
		if err := t.restoreGroup(c.Tensors[group], want); err != nil {
			return err
		}
	}
	t.params.Refresh()
	t.at = positionOf(c.Manifest)
	t.adamw.Restore(t.at.step)
	return nil
}

// restoreGroup writes saved tensors to their places. Every place must be filled, with the right shape.
func (t *trainer) restoreGroup(saved []checkpoint.Tensor, places map[string]kernel.Tensor) error {
	filled := 0
	for _, s := range saved {
		if s.Name == "boxes" {
			values, err := s.Float32s()
			if err == nil {
				err = t.boxes.Restore(values)
			}
			if err != nil {
				return fmt.Errorf("%w: boxes: %w", checkpoint.ErrMismatch, err)
			}
			continue
		}
		place, ok := places[s.Name]
		if !ok || !slices.Equal(place.Shape, s.Shape) {
			return fmt.Errorf("%w: %s is %v in the checkpoint and %v in the model", checkpoint.ErrMismatch, s.Name, s.Shape, place.Shape)
		}
		values, err := s.Float32s()
		if err != nil {
			return fmt.Errorf("%w: %s: %w", checkpoint.ErrMismatch, s.Name, err)
		}
		nn.WriteTensor(t.params.Engine(), place, values)
		filled++
	}
	if filled < len(places) {
		var missing []string
		for name := range places {
			if !slices.ContainsFunc(saved, func(s checkpoint.Tensor) bool { return s.Name == name }) {
				missing = append(missing, name)
			}
		}
		slices.Sort(missing)
		return fmt.Errorf("%w: the checkpoint lacks %s", checkpoint.ErrMismatch, strings.Join(missing, ", "))
	}
	return nil
}
