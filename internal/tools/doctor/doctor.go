// Package doctor looks at the machine and says of everything that decides how fast cmae trains
// whether it is there, and what to do where it isn't. Read doctor.go, then machine.go (what the
// system tells), engines.go (what engines there are), plugins.go (those of engine xla) and
// measure.go (how fast they are).
package doctor

import (
	"context"

	"cmae/internal/kernel/backend"
)

// Verdict is what a finding means for training.
type Verdict string

// The verdicts. Nothing that is missing keeps cmae from working: it only works more slowly, or
// caches nothing.
const (
	OK      Verdict = "ok"
	Slow    Verdict = "slow"
	Missing Verdict = "missing"
)

// Finding is one line of a report.
type Finding struct {
	Name    string  `json:"name"`
	Found   string  `json:"found"`
	Verdict Verdict `json:"verdict"`
	Remedy  string  `json:"remedy,omitempty"` // what to do, or what would be better
}

// Rate is a measured speed of matrix products.
type Rate struct {
	Engine    string  `json:"engine"`
	Precision string  `json:"precision"`
	GFLOPS    float64 `json:"gflop_per_second"`
}

// Report is everything found.
type Report struct {
	Findings  []Finding `json:"findings"`
	Features  []string  `json:"cpu_features"`
	Cores     int       `json:"cores"` // that this process may use
	Memory    int64     `json:"memory_bytes"`
	Limit     int64     `json:"memory_limit_bytes"` // of the control group, 0 for none
	Available int64     `json:"memory_available_bytes"`
	Library   string    `json:"library,omitempty"` // of the first engine that has one: name, version
	Rates     []Rate    `json:"rates"`
	Bandwidth float64   `json:"bandwidth_gb_per_s"`
	Engine    string    `json:"engine"`              // that auto takes
	Precision string    `json:"precision"`           // that auto takes
	Processes []Process `json:"processes,omitempty"` // that were launched together
}

// Process is a rank of a job.
type Process struct {
	Rank    int    `json:"rank"`
	Host    string `json:"host"`
	Library string `json:"library"` // by which it speaks to the others
}

// Examine looks and measures for a second or two. cacheDir is data.cache_dir, empty for the user's.
// It uses threads cores, 0 for all. When ctx ends it stops between two engines.
func Examine(ctx context.Context, cacheDir string, threads int) (*Report, error) {
	r := &Report{}
	r.cpu()
	r.memory()
	table := backend.Engines()
	if err := r.engines(ctx, table, threads); err != nil {
		return nil, err
	}
	r.plugins()
	if err := r.auto(table, threads); err != nil {
		return nil, err
	}
	r.cache(cacheDir)
	return r, ctx.Err()
}

// add notes a finding; remedy may be empty.
func (r *Report) add(name, found string, v Verdict, remedy string) {
	r.Findings = append(r.Findings, Finding{name, found, v, remedy})
}
