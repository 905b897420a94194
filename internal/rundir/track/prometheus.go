package track

import (
	"bytes"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"cmae/internal/atomicfile"
	"cmae/internal/rundir"
)

// tellEvery is how often the text file is written anew.
const tellEvery = 5 * time.Second

// prometheus keeps a text file with the newest value of everything.
type prometheus struct {
	path, run string
	values    map[string]float64
	told      time.Time
}

// Row takes the values of a row.
func (p *prometheus) Row(row rundir.Row) error {
	for value, v := range row.Values {
		p.values[metric(name(row, value))] = v
	}
	p.values["cmae_step"], p.values["cmae_epoch"] = float64(row.Step), float64(row.Epoch)
	if row.Event == rundir.StepEvent && time.Since(p.told) < tellEvery {
		return nil
	}
	return p.tell()
}

func (p *prometheus) tell() error {
	p.told = time.Now()
	p.values["cmae_written_timestamp_seconds"] = seconds(p.told)
	var out bytes.Buffer
	for _, m := range slices.Sorted(maps.Keys(p.values)) {
		fmt.Fprintf(&out, "# TYPE %s gauge\n%s{run=%q} %g\n", m, m, p.run, p.values[m])
	}
	if err := atomicfile.Write(p.path, out.Bytes(), 0o644); err != nil {
		return fmt.Errorf("run: track.prometheus: %w", err)
	}
	return nil
}

// Close writes the last values.
func (p *prometheus) Close(End) error {
	if len(p.values) == 0 {
		return nil
	}
	return p.tell()
}

var notInMetrics = regexp.MustCompile(`[^a-zA-Z0-9_]+`)

// metric is cmae_EVENT_VALUE, as names of metrics are written.
func metric(name string) string {
	return "cmae_" + strings.Trim(notInMetrics.ReplaceAllString(name, "_"), "_")
}
