package runpage

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"cmae/internal/method"
	"cmae/internal/report"
	"cmae/internal/report/page"
	"cmae/internal/rundir"
	"cmae/internal/rundir/checkpoint"
)

// State says whether a run goes on, or how it ended.
type State string

// The states. A run ends early after train.patience evaluations that were no better.
const (
	Running  State = "running"
	Done     State = "done"
	Early    State = "ended early"
	Stopped  State = "stopped"
	Diverged State = "diverged"
)

// state is how the run goes, or how it ended.
func (r *run) state() State {
	patience := r.train.Patience
	switch {
	case r.holder != "":
		return Running
	case r.diverged:
		return Diverged
	case r.epochs() >= r.train.Epochs:
		return Done
	case patience > 0 && r.manifest != nil &&
		int(r.manifest.Metrics[checkpoint.StaleMetric]) >= patience:
		return Early
	}
	return Stopped
}

// Status is how far a run is, by what its folder says: whichever process writes it.
type Status struct {
	Run        string             `json:"run"`
	State      State              `json:"state"`
	Holder     string             `json:"holder,omitempty"` // the process that is writing it
	Epochs     int                `json:"epochs"`           // done
	AllEpochs  int                `json:"all_epochs"`
	Step       int                `json:"step"`
	AllSteps   int                `json:"all_steps,omitempty"` // 0 where nothing says it yet
	Values     map[string]float64 `json:"values"`              // of the last step
	Speed      float64            `json:"images_per_second,omitempty"`
	ETA        float64            `json:"eta_seconds,omitempty"`
	Checkpoint int                `json:"checkpoint,omitempty"` // step of the last one
	Pictures   []string           `json:"pictures"`             // the newest first
	Warnings   []string           `json:"warnings"`

	run *run
}

// recent is the number of steps whose speed tells how long the rest will take.
const recent = 50

// StatusOf reads the folder of a run.
func StatusOf(folder string) (*Status, error) {
	r, err := read(folder)
	if err != nil {
		return nil, err
	}
	s := &Status{
		Run: folder, State: r.state(), Holder: r.holder,
		Epochs: r.epochs(), AllEpochs: r.train.Epochs, Step: r.steps(),
		Values: map[string]float64{}, Pictures: newest(rundir.Pictures(folder)),
		Warnings: append([]string{}, r.warnings...), run: r,
	}
	if r.manifest != nil {
		s.Checkpoint = r.manifest.Step
	}
	s.AllSteps = r.allSteps()
	steps, seconds := 0, 0.
	for _, row := range slices.Backward(r.rows) {
		v := row.Values[rundir.ImagesPerSecond]
		if row.Event != rundir.StepEvent || v <= 0 {
			continue
		}
		if steps == 0 {
			s.Values = row.Values
		}
		if steps++; steps > recent {
			steps--
			break
		}
		seconds += float64(r.train.BatchSize) / v
	}
	if steps > 0 {
		s.Speed = float64(steps*r.train.BatchSize) / seconds
		if s.State == Running {
			s.ETA = seconds / float64(steps) * float64(max(s.AllSteps-s.Step, 0))
		}
	}
	return s, nil
}

// allSteps is the number of optimizer steps of the whole run, 0 where nothing says it yet.
func (r *run) allSteps() int {
	if n := len(r.sessions); n > 0 && r.sessions[n-1].Train > 0 {
		return r.sessions[n-1].Train / r.train.BatchSize * r.train.Epochs
	}
	if len(r.epochRows) > 0 { // a run of a version that kept no sessions
		first := r.epochRows[0]
		return first.Step / (first.Epoch + 1) * r.train.Epochs
	}
	return 0
}

// newest are the pictures of a folder, at most five.
func newest(folder string) []string {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return []string{}
	}
	when := map[string]time.Time{}
	paths := []string{}
	for _, e := range entries {
		info, err := e.Info()
		if err == nil && filepath.Ext(e.Name()) == ".png" {
			path := filepath.Join(folder, e.Name())
			when[path], paths = info.ModTime(), append(paths, path)
		}
	}
	slices.SortStableFunc(paths, func(a, b string) int { return when[b].Compare(when[a]) })
	return paths[:min(5, len(paths))]
}

// WriteText prints the status within so many columns: curves, rates, time left, what was written.
func (s *Status) WriteText(w io.Writer, columns int) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", report.Printable(rundir.Name(s.Run)), s.State)
	if s.Holder != "" {
		fmt.Fprintf(&b, " (%s)", report.Printable(s.Holder))
	}
	epoch := min(s.Epochs+1, s.AllEpochs) // which is under way
	if s.State == Early {
		epoch = s.Epochs
	}
	fmt.Fprintf(&b, "\nepoch %d/%d  step %d", epoch, s.AllEpochs, s.Step)
	if s.AllSteps > 0 {
		fmt.Fprintf(&b, "/%d", s.AllSteps)
	}
	if s.Speed > 0 {
		fmt.Fprintf(&b, "  %.0f img/s", s.Speed)
	}
	if s.ETA > 0 {
		fmt.Fprintf(&b, "  eta %s", page.Duration(time.Duration(s.ETA*float64(time.Second))))
	}
	b.WriteString("\n\n")
	s.writeCurves(&b, columns)
	if s.Checkpoint > 0 {
		fmt.Fprintf(&b, "\ncheckpoint  step %d\n", s.Checkpoint)
	}
	head := "pictures"
	for _, p := range s.Pictures {
		fmt.Fprintf(&b, "%-10s  %s\n", head, report.Printable(p))
		head = ""
	}
	for _, text := range s.Warnings {
		fmt.Fprintf(&b, "warning: %s\n", report.Printable(text))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// writeCurves prints a line for each quantity: its name, its course, its last value.
func (s *Status) writeCurves(b *strings.Builder, columns int) {
	type curve struct {
		title, name string
		share       bool
	}
	curves := []curve{{"loss", rundir.Loss, false}}
	for _, t := range method.All().Terms() {
		curves = append(curves, curve{t.Name, rundir.Terms + "." + t.Name, false})
	}
	curves = append(
		curves,
		curve{"grad norm", rundir.GradNorm, false},
		curve{"rate", rundir.LearningRate, false},
		curve{"kNN", rundir.KNNAccuracy, true},
		curve{"accuracy", rundir.TestAccuracy, true},
	)
	for _, c := range curves {
		var values []float64
		for _, row := range s.run.rows {
			v, ok := row.Values[c.name]
			if ok && (c.name != rundir.Loss || row.Event == rundir.StepEvent) {
				values = append(values, v)
			}
		}
		if len(values) == 0 {
			continue
		}
		last := page.Number(values[len(values)-1])
		if c.share {
			last = page.Percent(values[len(values)-1])
		}
		course := sparkline(values, max(10, min(columns-26, 80)))
		fmt.Fprintf(b, "%-12s%s  %s\n", c.title, course, last)
	}
}

// sparkline is the course of values in so many columns, each the mean of its part.
func sparkline(values []float64, columns int) string {
	columns = min(columns, len(values))
	means := make([]float64, columns)
	for i := range means {
		part := values[i*len(values)/columns : (i+1)*len(values)/columns]
		for _, v := range part {
			means[i] += v / float64(len(part))
		}
	}
	low, high := slices.Min(means), slices.Max(means)
	bars := []rune("▁▂▃▄▅▆▇█")
	line := make([]rune, columns)
	for i, v := range means {
		at := 0
		if high > low {
			at = int((v - low) / (high - low) * (float64(len(bars)) - .001))
		}
		line[i] = bars[at]
	}
	return string(line)
}
