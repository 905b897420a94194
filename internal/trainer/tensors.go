package trainer

import (
	"fmt"
	"slices"
	"strings"

	"cmae/internal/fault"
	"cmae/internal/graph/nn"
	"cmae/internal/kernel"
	"cmae/internal/rundir/checkpoint"
	"cmae/internal/weights/safetensors"
)

// modelTensors is the group of every parameter, table and momentum copy.
func modelTensors(p *nn.Params) []checkpoint.Tensor {
	var group []checkpoint.Tensor
	for _, param := range p.All() {
		group = append(group, Download(p.Engine(), param.Name, param.Value))
	}
	return group
}

// moments is the group of the optimizer's state.
func moments(e kernel.Engine, a Optimizer) []checkpoint.Tensor {
	var group []checkpoint.Tensor
	for _, m := range a.State() {
		group = append(group, Download(e, m.Name, m.Value))
	}
	return group
}

// Download is an engine's array as a checkpoint holds it.
func Download(e kernel.Engine, name string, v kernel.Tensor) checkpoint.Tensor {
	return safetensors.FromFloat32s(name, v.Shape, kernel.Read[float32](e, v))
}

// restoreModel brings parameters and moments back from a checkpoint of the same settings.
func restoreModel(c *checkpoint.Checkpoint, p *nn.Params, a Optimizer) error {
	places := map[string]kernel.Tensor{}
	for _, param := range p.All() {
		places[param.Name] = param.Value
	}
	if err := Fill(p.Engine(), c.Tensors[checkpoint.ModelGroup], places); err != nil {
		return err
	}
	clear(places)
	for _, m := range a.State() {
		places[m.Name] = m.Value
	}
	if err := Fill(p.Engine(), c.Tensors[checkpoint.OptimizerGroup], places); err != nil {
		return err
	}
	p.Refresh()
	a.Restore(c.Step)
	return nil
}

// Fill writes saved tensors to their places. Every place must be filled, with the right shape.
func Fill(e kernel.Engine, saved []checkpoint.Tensor, places map[string]kernel.Tensor) error {
	filled := 0
	for _, s := range saved {
		place, ok := places[s.Name]
		if !ok || !slices.Equal(place.Shape, s.Shape) {
			return fmt.Errorf(
				"%w: %s is %v in the checkpoint and %v in the model", fault.Mismatch,
				s.Name, s.Shape, place.Shape,
			)
		}
		values, err := s.Float32s()
		if err != nil {
			return fmt.Errorf("%w: %s: %w", fault.Mismatch, s.Name, err)
		}
		kernel.Write(e, place, values)
		filled++
	}
	if filled == len(places) {
		return nil
	}
	var missing []string
	for name := range places {
		if !slices.ContainsFunc(saved, func(s checkpoint.Tensor) bool { return s.Name == name }) {
			missing = append(missing, name)
		}
	}
	slices.Sort(missing)
	return fmt.Errorf(
		"%w: the checkpoint lacks %s", fault.Mismatch, strings.Join(missing, ", "),
	)
}
