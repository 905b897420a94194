// Package track tells other programs how a run goes: TensorBoard by event files, Prometheus by a
// text file, MLflow by its REST interface. What a run relies on stays in metrics.jsonl.
//
// Reading order: track.go (settings, and the trackers of a run), tensorboard.go and record.go
// (event files), prometheus.go, mlflow.go.
package track

import (
	"net/url"
	"slices"
	"strings"

	"cmae/internal/config"
	"cmae/internal/report"
	"cmae/internal/rundir"
)

// Config is section `track` of a recipe. A resume may change it.
type Config struct {
	TensorBoard bool   `yaml:"tensorboard" doc:"write TensorBoard event files to the folder tensorboard of the run"`
	Prometheus  string `yaml:"prometheus" path:"working" doc:"file for Prometheus' textfile collector, ending in .prom; empty for none"`
	MLflow      string `yaml:"mlflow" doc:"address of an MLflow server, such as http://localhost:5000; empty for none"`
}

// Validate checks names and addresses.
func (c Config) Validate() error {
	if c.Prometheus != "" && !strings.HasSuffix(c.Prometheus, ".prom") {
		return config.Faultf(
			"track.prometheus", "%q must end in .prom, or the collector leaves it out",
			c.Prometheus,
		)
	}
	address, err := url.Parse(c.MLflow)
	if c.MLflow != "" && (err != nil || address.Host == "" ||
		address.Scheme != "http" && address.Scheme != "https") {
		return config.Faultf(
			"track.mlflow", "%q is no address such as http://localhost:5000", c.MLflow,
		)
	}
	return nil
}

// Tracker is told of a run's rows as they are written.
type Tracker interface {
	Row(row rundir.Row) error
	// Close ends what the tracker does with the run, which ended as it says.
	Close(end End) error
}

// End is how a run ended, or a session of it.
type End string

// The ends.
const (
	Done        End = "done"
	Interrupted End = "interrupted" // and goes on some day
	Failed      End = "failed"
)

// Trackers are all trackers of a run. One that fails is left out from then on, with a warning: the
// run is what counts.
type Trackers struct {
	all     []Tracker
	console *report.Console
}

// Open opens the trackers of the settings for the run in a folder, that goes on after step, with
// all its settings by name.
func Open(
	c Config, folder string, step int, settings map[string]string, console *report.Console,
) *Trackers {
	t := &Trackers{console: console}
	if c.TensorBoard {
		board, err := newTensorBoard(folder, step)
		if err == nil {
			t.all = append(t.all, board)
		}
		t.warn(err)
	}
	if c.Prometheus != "" {
		t.all = append(t.all, &prometheus{
			path: c.Prometheus, run: rundir.Name(folder), values: map[string]float64{},
		})
	}
	if c.MLflow != "" {
		t.all = append(t.all, newMLflow(c.MLflow, folder, settings, console))
	}
	return t
}

// Row tells them all.
func (t *Trackers) Row(row rundir.Row) {
	if t == nil {
		return
	}
	t.all = slices.DeleteFunc(t.all, func(one Tracker) bool {
		err := one.Row(row)
		if err != nil {
			t.warn(err)
			_ = one.Close(Failed) // which fails for the same reason
		}
		return err != nil
	})
}

// Close ends them.
func (t *Trackers) Close(end End) {
	if t == nil {
		return
	}
	for _, one := range t.all {
		t.warn(one.Close(end))
	}
}

// warn says what failed.
func (t *Trackers) warn(err error) {
	if err != nil {
		t.console.Warn("%v; the run goes on without it", err)
	}
}

// name is what a value of a row is called among the values of all events: the loss of a step and
// the mean loss of an epoch are two.
func name(row rundir.Row, value string) string {
	return row.Event + "/" + strings.ReplaceAll(value, ".", "/")
}
