package rundir

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// The events of the loop. A task may have others.
const (
	StepEvent  = "step"
	EpochEvent = "epoch"
	// a return to a checkpoint, of which step and epoch are
	RollbackEvent = "rollback"
)

// The values that the loop gives a row.
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

// The values that a task's evaluation gives the row of an epoch. A task may add others.
const (
	KNNAccuracy  = "knn_accuracy"  // of the encoder under pretraining
	TestAccuracy = "test_accuracy" // of the classifier under finetuning
	TestTop5     = "test_top5"     // likewise; with more than five classes only
)

// Row is one line of metrics.jsonl: what a step, an epoch or another event of a run came to. Step
// counts optimizer steps done, Epoch is the epoch's number from 0. Values are finite and go by
// name; GROUP.NAME is value NAME of a group, which is an object in the file.
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

// head are the fields of a row in the file that are no values.
var head = []string{"event", "step", "epoch"}

// MarshalJSON writes event, step and epoch first, then the values by name. A group whose name
// another field has is written value by value, as GROUP.NAME.
func (r Row) MarshalJSON() ([]byte, error) {
	fields := map[string]any{}
	for full, v := range r.Values {
		group, name, nested := strings.Cut(full, ".")
		if _, taken := r.Values[group]; !nested || taken || slices.Contains(head, group) {
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
	event, err := json.Marshal(r.Event)
	if err != nil {
		return nil, err
	}
	row := fmt.Appendf(nil, `{"event":%s,"step":%d,"epoch":%d`, event, r.Step, r.Epoch)
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
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(text, &fields); err != nil {
		return err
	}
	*r = Row{Values: map[string]float64{}}
	for i, to := range []any{&r.Event, &r.Step, &r.Epoch} {
		if field, ok := fields[head[i]]; ok {
			if err := json.Unmarshal(field, to); err != nil {
				return fmt.Errorf("%s: %w", head[i], err)
			}
			delete(fields, head[i])
		}
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		var v any
		if err := json.Unmarshal(fields[name], &v); err != nil {
			return err
		}
		group, ok := v.(map[string]any)
		if !ok {
			r.put(name, v)
		}
		for _, inner := range slices.Sorted(maps.Keys(group)) {
			r.put(name+"."+inner, group[inner])
		}
	}
	return nil
}

// put puts a number under its name, or under the one that its name became where there is none.
func (r *Row) put(name string, v any) {
	number, ok := v.(float64)
	if !ok {
		return
	}
	if now, ok := formerTerms[name]; ok {
		if _, taken := r.Values[now]; taken {
			return
		}
		name = now
	}
	r.Values[name] = number
}
