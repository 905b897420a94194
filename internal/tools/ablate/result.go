package ablate

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"cmae/internal/atomicfile"
	"cmae/internal/rundir"
)

// Result is what one run came to.
type Result struct {
	Cell string `json:"cell"`
	Seed uint64 `json:"seed"`
	// on the test images, by each evaluator that has measured it so far
	Accuracy map[Evaluator]float64 `json:"accuracy"`
	Loss     float64               `json:"loss"`               // mean of the last epoch
	Seconds  float64               `json:"seconds"`            // of pretraining, over all sessions
	BoxArea  *float64              `json:"box_area,omitempty"` // pretrain.Summary's
	Engine   string                `json:"engine"`
}

// evaluated reports whether the result has all that is asked for.
func (r *Result) evaluated(by []Evaluator) bool {
	for _, e := range by {
		if _, ok := r.Accuracy[e]; !ok {
			return false
		}
	}
	return true
}

// finished is a result file: the settings tell whether it answers what is asked.
type finished struct {
	Result
	Settings map[string]string `json:"settings"`
	// the settings of the finetuning, where that has measured it
	Tuning map[string]string `json:"finetuning,omitempty"`
}

// readResult reads a result file; nil when there is none.
func readResult(path string) (*finished, error) {
	text, err := rundir.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	var f finished
	if err == nil {
		err = json.Unmarshal(text, &f)
	}
	if err == nil && f.Accuracy == nil {
		err = errors.New("it has no accuracy")
	}
	if err != nil {
		return nil, fmt.Errorf(
			"ablate: read result %q: %w; delete the file to measure the run again", path, err,
		)
	}
	return &f, nil
}

// writeResult writes the file whole or not at all: its presence says that the run is pretrained.
func writeResult(path string, f finished) error {
	text, err := json.MarshalIndent(f, "", "  ")
	if err == nil {
		err = atomicfile.Write(path, append(text, '\n'), 0o644)
	}
	if err != nil {
		return fmt.Errorf("ablate: write result: %w", err)
	}
	return nil
}
