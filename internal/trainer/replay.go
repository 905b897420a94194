package trainer

import (
	"fmt"
	"strings"

	"cmae/internal/config"
	"cmae/internal/dataset/augment"
	"cmae/internal/dataset/loader"
	"cmae/internal/fault"
	"cmae/internal/graph"
	"cmae/internal/graph/exec"
	"cmae/internal/kernel"
	"cmae/internal/rundir"
	"cmae/internal/rundir/checkpoint"
)

// Replay is what the repetition of a step that diverged has found.
type Replay struct {
	Bundle   string                 `json:"bundle"`
	Diverged *checkpoint.Divergence `json:"diverged"` // what the run met
	Engine   string                 `json:"engine"`   // of the repetition, as what follows
	Compute  string                 `json:"precision"`
	Finite   bool                   `json:"finite"`          // losses and gradients
	Term     string                 `json:"term,omitempty"`  // the first that is not
	Losses   map[string]string      `json:"losses"`          // JSON has no NaN
	GradNorm string                 `json:"grad_norm"`       // likewise
	Found    *graph.NonFinite       `json:"found,omitempty"` // nil where every operation is finite
	Part     int                    `json:"microbatch"`      // that it is in, from 0
	Parts    int                    `json:"microbatches"`    // of the step
	Replicas int                    `json:"replicas"`        // of the repetition: always 1
}

// replayMayChange are the settings that a replay may change: what computes, not what is computed.
var replayMayChange = []string{"engine", "precision", "threads", "comm"}

// ReplaySettings refuses a replay whose settings would compute another step.
func ReplaySettings(saved, asked any) error {
	changes := config.Diff(saved, asked, replayMayChange...)
	if len(changes) == 0 {
		return nil
	}
	return fmt.Errorf(
		"%w: a replay repeats the step as it was: %s cannot change; set engine, precision or "+
			"threads",
		fault.Usage, changes[0].Key,
	)
}

// Replay repeats the step of a bundle on the graph f of a task whose run is a bare one, and looks
// for the first operation that is not finite. One replica computes the whole batch, however many
// did in the run; no update is made.
func (r *Run) Replay(
	task Task, b *Bundle, batch *loader.Batch, f *exec.Func,
) (_ *Replay, err error) {
	defer kernel.Catch(&err)
	r.components = task.Components()
	if err := r.restore(task, b.Checkpoint); err != nil {
		return nil, err
	}
	count := r.settings.Train.Accumulate
	found := &Replay{
		Bundle: b.Path, Diverged: b.Divergence, Engine: r.Choice.Name(),
		Compute: r.Choice.ComputeType.String(), Parts: count, Replicas: 1,
		Losses: map[string]string{},
	}
	trace := f.Trace()
	var losses Losses
	for i := range count {
		if err := task.ForwardBackward(batch, i*r.shard()); err != nil {
			return nil, err
		}
		if trace.Found != nil && found.Found == nil {
			found.Found, found.Part = trace.Found, i
		}
		losses.add(task.Losses(), count)
	}
	sum := r.components.Optimizer.Norm(r.components.Grads)
	norm := kernel.Scalar(r.Choice, sum) / float64(count)
	row := rundir.Row{Values: map[string]float64{rundir.Loss: losses.Total, rundir.GradNorm: norm}}
	found.Losses[rundir.Loss], found.GradNorm = fmt.Sprint(losses.Total), fmt.Sprint(norm)
	for name, v := range losses.Terms {
		row.Values[rundir.Terms+"."+name], found.Losses[name] = v, fmt.Sprint(v)
	}
	found.Term = r.notFinite(row)
	found.Finite = found.Term == ""
	return found, nil
}

// String says what was found, a fact a line.
func (p *Replay) String() string {
	d := p.Diverged
	var b strings.Builder
	fmt.Fprintf(
		&b, "in the run   step %d: %s was not finite (engine %s, %s", d.Step, d.Term, d.Engine,
		d.Precision,
	)
	if n := d.Replicas * d.Processes; n > 1 {
		fmt.Fprintf(&b, ", %d replicas", n)
	}
	fmt.Fprintf(&b, ")\nrepeated     with engine %s, %s, 1 replica: ", p.Engine, p.Compute)
	if p.Finite {
		fmt.Fprintf(
			&b, "losses and gradients are finite, loss %s, gradient norm %s\n",
			p.Losses[rundir.Loss], p.GradNorm,
		)
	} else {
		fmt.Fprintf(&b, "%s is not finite\n", p.Term)
	}
	f := p.Found
	switch {
	case f == nil && p.Finite:
		b.WriteString("found        nothing: every operation is finite\n")
		return b.String()
	case f == nil:
		b.WriteString("found        every operation is finite, but a sum over the step is not\n")
		return b.String()
	case f.Op == "":
		fmt.Fprintf(&b, "found        %s holds what is not finite before the step\n", f.Layer)
	default:
		pass := "forward"
		if f.Backward {
			pass = "backward"
		}
		fmt.Fprintf(&b, "found        %s of %s, %s", f.Op, f.Layer, pass)
		if p.Parts > 1 {
			fmt.Fprintf(&b, ", microbatch %d of %d", p.Part+1, p.Parts)
		}
		b.WriteString(": the first operation whose result is not finite while what it reads is\n")
	}
	fmt.Fprintf(&b, "  result     %s\n", told(f.Output))
	for _, in := range f.Inputs {
		fmt.Fprintf(&b, "  reads      %s: %s\n", in.Name, told(in))
	}
	return b.String()
}

// told is an array's statistics for people.
func told(s graph.Statistics) string {
	text := fmt.Sprintf("%s %v", s.Type, s.Shape)
	if !s.Finite() {
		text += fmt.Sprintf(", %d NaN and %d Inf of %d values", s.NaN, s.Inf, s.Values)
	}
	if s.Type == kernel.I32.String() || s.NaN+s.Inf == s.Values {
		return text
	}
	return text + fmt.Sprintf(", from %.3g to %.3g", s.Min, s.Max)
}

// Nothing is a source of so many images that nobody loads, for a task that replays.
type Nothing int

var _ loader.Source = Nothing(0)

// Len is the number of images.
func (n Nothing) Len() int { return int(n) }

// Image is an empty one.
func (Nothing) Image(int) augment.Image { return augment.Image{} }

// Label is the first class.
func (Nothing) Label(int) int { return 0 }
