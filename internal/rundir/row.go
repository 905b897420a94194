package rundir

import (
	"encoding/json"
	"fmt"
	"strings"
)

// The events of the loop. A task may have others.
const (
	StepEvent  = "step"
	EpochEvent = "epoch"
	// a return to a checkpoint, of which step and epoch are
	RollbackEvent = "rollback"
)

// The loop's own values of a row. A task adds its own.
const (
	Loss            = "loss"
	LearningRate    = "lr"
	Momentum        = "momentum" // of the EMA
	GradNorm        = "grad_norm"
	ImagesPerSecond = "images_per_second"
	DataWait        = "data_wait_seconds"
	RollbackFrom    = "diverged_step"
	RollbackSkip    = "skipped_batches"
	RollbackScale   = "rate_scale" // of all rollbacks so far
	Terms           = "terms"      // group: the terms of the loss, before their weights
)

// Row is one line of metrics.jsonl: what a step, an epoch or another event of a run came to. Step
// counts optimizer steps done, Epoch is the epoch's number from 0. Values are finite and go by
// name; GROUP.NAME is value NAME of a group, an object of its own in the file.
type Row struct {
	Event       string
	Step, Epoch int
	Values      map[string]float64
}

// Group lists the values of a group by the rest of their names, nil if there are none.
func (r Row) Group(name string) map[string]float64 {
	var values map[string]float64
	for full, v := range r.Values {
		if rest, ok := strings.CutPrefix(full, name+"."); ok {
			if values == nil {
				values = map[string]float64{}
			}
			values[rest] = v
		}
	}
	return values
}

// MarshalJSON writes event, step and epoch first, then the values by name.
func (r Row) MarshalJSON() ([]byte, error) {
	fields := map[string]any{}
	for full, v := range r.Values {
		group, name, nested := strings.Cut(full, ".")
		if !nested {
			fields[full] = v
			continue
		}
		values, ok := fields[group].(map[string]float64)
		if !ok {
			values = map[string]float64{}
			fields[group] = values
		}
		values[name] = v
	}
	text, err := json.Marshal(fields)
	if err != nil {
		return nil, err
	}
	row := fmt.Appendf(nil, `{"event":%q,"step":%d,"epoch":%d`, r.Event, r.Step, r.Epoch)
	if len(fields) > 0 {
		row = append(row, ',')
	}
	return append(row, text[1:]...), nil
}

// formerTerms are the names that the terms of a loss had in the files of earlier versions, which
// took them from the paper.
var formerTerms = map[string]string{
	Terms + ".con": Terms + ".reconstruct", Terms + ".ctr": Terms + ".contrast",
	Terms + ".loc": Terms + ".location",
}

// UnmarshalJSON reads what MarshalJSON writes, and the rows of earlier versions under the names of
// this one. It passes over fields that are neither numbers nor groups of them.
func (r *Row) UnmarshalJSON(text []byte) error {
	var head struct {
		Event       string
		Step, Epoch int
	}
	if err := json.Unmarshal(text, &head); err != nil {
		return err
	}
	var fields map[string]any
	if err := json.Unmarshal(text, &fields); err != nil {
		return err
	}
	delete(fields, "step")
	delete(fields, "epoch")
	*r = Row{head.Event, head.Step, head.Epoch, map[string]float64{}}
	put := func(name string, v any) {
		if now, ok := formerTerms[name]; ok {
			name = now
		}
		if number, ok := v.(float64); ok {
			r.Values[name] = number
		}
	}
	for name, v := range fields {
		if group, ok := v.(map[string]any); ok {
			for inner, v := range group {
				put(name+"."+inner, v)
			}
			continue
		}
		put(name, v)
	}
	return nil
}
