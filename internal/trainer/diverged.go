package trainer

import (
	"fmt"
	"maps"
	"slices"

	"cmae/internal/comm"
	"cmae/internal/dataset/loader"
	"cmae/internal/fault"
	"cmae/internal/graph/nn"
	"cmae/internal/kernel"
	"cmae/internal/report"
	"cmae/internal/rundir"
	"cmae/internal/rundir/checkpoint"
)

// Diverged is the error of a run whose loss or gradient was no longer finite. The step's update was
// not made.
type Diverged struct {
	Step   int    // the step that failed, from 1
	Term   string // a term of the loss, "loss", or "gradient of NAME"
	Report string // the file that says what the step worked on, "" where none was written
	Bundle string // the folder that repeats the step, "" where none was written
	Lost   error  // why one of them was not
	// that the run has made before
	Rollbacks int
	NoReturn  bool // there is no checkpoint to go back to
}

// Is makes every Diverged a fault.NonFinite.
func (e *Diverged) Is(target error) bool { return target == fault.NonFinite }

// Unwrap is why the step was not kept.
func (e *Diverged) Unwrap() error { return e.Lost }

func (e *Diverged) Error() string {
	text := fmt.Sprintf(
		"diverged at step %d: %s is not finite; the update was not made, and a resume would come "+
			"to the same",
		e.Step, e.Term,
	)
	if e.Report != "" {
		text += fmt.Sprintf("; %s names the images of the step", e.Report)
	}
	if e.Bundle != "" {
		text += fmt.Sprintf("; \"cmae replay %s\" finds the operation", report.Quoted(e.Bundle))
	}
	if e.Lost != nil {
		text += fmt.Sprintf("; the step could not be kept (%v)", e.Lost)
	}
	text += "; start another run with a lower optim.base_lr or with optim.clip_norm"
	if e.Rollbacks > 0 {
		return text + fmt.Sprintf(" (rollbacks so far: %d)", e.Rollbacks)
	}
	if e.NoReturn {
		return text
	}
	return text + ", or resume with train.on_divergence=rollback"
}

// notFinite names the first number of a step that is not finite: a term, the loss, the gradient of
// a parameter; "" if all are.
func (r *Run) notFinite(row rundir.Row) string {
	terms := row.Group(rundir.Terms)
	for _, name := range slices.Sorted(maps.Keys(terms)) {
		if !kernel.Finite(terms[name]) {
			return name
		}
	}
	switch {
	case !kernel.Finite(row.Values[rundir.Loss]):
		return "loss"
	case !kernel.Finite(row.Values[rundir.GradNorm]):
		return "gradient of " + notFinite(r.Choice, r.components.Params, r.components.Grads)
	}
	return ""
}

// notFinite names the first parameter whose gradient is not finite, "" if all are.
func notFinite(e kernel.Engine, params []*nn.Param, grads []kernel.Tensor) string {
	norm := e.New(kernel.F64)
	defer e.Free(norm)
	for i, g := range grads {
		if e.Norm(norm, []kernel.Tensor{g}); !kernel.Finite(kernel.Scalar(e, norm)) {
			return params[i].Name
		}
	}
	return ""
}

// failure is what is needed to look into a step that failed: every draw follows from the seed, the
// epoch and the images named.
type failure struct {
	Step     int               `json:"step"`
	Epoch    int               `json:"epoch"`
	Position int               `json:"position"`
	Term     string            `json:"term"`
	Losses   map[string]string `json:"losses"` // JSON has no NaN
	LR       float64           `json:"lr"`
	Seed     uint64            `json:"seed"`
	Images   []int32           `json:"images"`
	Bundle   string            `json:"bundle,omitempty"` // folder in the run's that repeats the step
}

// diverged keeps what a step worked on in which the number called term is not finite: a bundle that
// repeats it and diverged.json. The error is a *Diverged.
func (r *Run) diverged(task Task, term string, row rundir.Row, b *loader.Batch) error {
	d := &Diverged{
		Step: row.Step, Term: term, Rollbacks: len(r.rollbacks),
		NoReturn: !checkpoint.Any(r.options.Folder),
	}
	r.failed = d
	if r.recorder == nil && !comm.Several(r.processes) {
		return d
	}
	batch := r.batchTensors(task, b) // of all processes
	if r.recorder == nil {
		return d
	}
	losses := map[string]string{rundir.Loss: fmt.Sprint(row.Values[rundir.Loss])}
	for name, v := range row.Group(rundir.Terms) {
		losses[name] = fmt.Sprint(v)
	}
	d.Bundle, d.Lost = r.saveBundle(task, d, losses, row, batch)
	if r.mayRollback() { // the run doesn't end
		return d
	}
	fail := failure{
		Step: row.Step, Epoch: row.Epoch, Position: r.At.InEpoch, Term: term, Losses: losses,
		LR: row.Values[rundir.LearningRate], Seed: r.settings.Common.Seed, Images: indices(batch),
		Bundle: d.Bundle,
	}
	report, err := r.recorder.diverged(fail)
	if d.Report = report; d.Lost == nil {
		d.Lost = err
	}
	return d
}
