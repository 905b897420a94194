// Package bench measures training: whole steps on synthetic input against the least time that their matrix products and memory traffic
// take on the same machine, and the loader by itself.
//
// Reading order: bench.go (what is measured), step.go (a step as the trainer does it), products.go (the matrix products of a graph),
// floor.go (how long they take alone, and what memory does), profile.go, usage.go; data.go stands alone.
package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"cmae/internal/engine"
	"cmae/internal/trainer"
)

// warmUp is how many steps come before the measured ones: the first compiles primitives, the second finds memory in place.
const warmUp = 2

// embeddedSide is the side in pixels of the images that cmae carries.
const embeddedSide = 28

// Options say what to measure.
type Options struct {
	Config  trainer.Config
	Steps   int
	Profile bool
}

// Result is one measurement. Times are in milliseconds, sizes in bytes.
type Result struct {
	Engine     string   `json:"engine"`
	Reason     string   `json:"reason"` // for the engine and precision
	Precision  string   `json:"precision"`
	Warnings   []string `json:"warnings,omitempty"`
	Threads    int      `json:"threads"`
	Side       int      `json:"image_size"`
	Batch      int      `json:"batch_size"`
	Steps      int      `json:"steps"`
	Parameters int      `json:"parameters"` // trained ones

	ImagesPerSecond float64 `json:"images_per_second"` // by the median step
	StepMS          float64 `json:"step_ms"`           // median
	FastestMS       float64 `json:"fastest_step_ms"`
	PeakRSS         int64   `json:"peak_rss_bytes"`   // of the process, after the steps and before the floor
	Activations     int     `json:"activation_bytes"` // the arena of the graph
	Garbage         int64   `json:"garbage_bytes"`    // allocated on Go's heap in a step

	FloorMS       float64 `json:"floor_ms"`
	ProductsMS    float64 `json:"floor_products_ms"`  // the step's matrix products alone
	UpdatesMS     float64 `json:"floor_updates_ms"`   // the optimizer's unavoidable bytes
	Ratio         float64 `json:"ratio"`              // step over floor
	GFLOP         float64 `json:"gflop"`              // of a step's products
	ProductRate   float64 `json:"gflop_per_second"`   // of the products alone
	Bandwidth     float64 `json:"bandwidth_gb_per_s"` // measured: bytes read and written
	UpdateBytes   int64   `json:"update_bytes"`
	ProfileKinds  []Share `json:"profile_kinds,omitempty"`
	ProfileLayers []Share `json:"profile_layers,omitempty"`
}

// Run measures o.Steps training steps and their floor. It never opens images.
func Run(ctx context.Context, o Options) (_ *Result, err error) {
	side, err := sideOf(o.Config)
	if err != nil {
		return nil, err
	}
	choice, err := engine.Open(o.Config.Engine, o.Config.Precision, o.Config.Threads)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, choice.Close()) }()
	s, err := newStepper(o.Config, side, choice)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	r := &Result{
		Engine: choice.Name(), Reason: choice.Reason, Precision: choice.Inner.String(), Warnings: choice.Warnings, Threads: threads(o.Config),
		Side: side, Batch: o.Config.Train.BatchSize, Steps: o.Steps, Parameters: s.params.Count(""),
	}
	if err := r.measure(ctx, s, o); err != nil {
		return nil, err
	}
	return r, r.measureFloor(ctx, s)
}

// sideOf is the image side that the configuration names.
func sideOf(c trainer.Config) (int, error) {
	side := c.Data.ImageSize
	switch {
	case side == 0 && c.Data.Path == "":
		side = embeddedSide
	case side == 0:
		return 0, fmt.Errorf("%w: data.image_size: bench opens no images; set it to the side in pixels that the model shall see", trainer.ErrUsage)
	}
	if err := c.ValidateData(side, c.Train.BatchSize); err != nil {
		return 0, fmt.Errorf("%w: %w", trainer.ErrUsage, err)
	}
	return side, nil
}

// measure runs the steps and takes their median.
func (r *Result) measure(ctx context.Context, s *stepper, o Options) error {
	for range warmUp {
		if err := s.step(); err != nil {
			return err
		}
	}
	if o.Profile {
		s.startProfile()
	}
	times := make([]time.Duration, 0, o.Steps)
	before := heapAllocated()
	for range o.Steps {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		start := time.Now()
		if err := s.step(); err != nil {
			return err
		}
		times = append(times, time.Since(start))
	}
	r.Garbage = (heapAllocated() - before) / int64(o.Steps)
	r.PeakRSS = peakRSS()
	r.Activations, _ = s.graph.Machine.Memory()
	r.StepMS, r.FastestMS = ms(median(times)), ms(slices.Min(times))
	r.ImagesPerSecond = float64(r.Batch) / median(times).Seconds()
	if o.Profile {
		r.ProfileKinds, r.ProfileLayers = s.profileTables(o.Steps)
	}
	return nil
}

func ms(d time.Duration) float64 { return d.Seconds() * 1e3 }

func median(times []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(times))
	return (sorted[len(sorted)/2] + sorted[(len(sorted)-1)/2]) / 2
}
