// Package bench measures training: whole steps on synthetic input against the least time that their
// matrix products and memory traffic take on the same machine, and the loader by itself.
//
// Reading order: bench.go (what is measured), rounds.go (in which order), step.go (the trainer's
// step on noise), products.go (the matrix products of a graph), floor.go (how long they take alone,
// and what memory does), peak.go (the highest rate of any product), profile.go, garbage.go,
// together.go (several processes); data.go stands alone.
package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"cmae/internal/comm"
	"cmae/internal/fault"
	"cmae/internal/kernel"
	"cmae/internal/machine"
	"cmae/internal/method"
	"cmae/internal/recipe"
	"cmae/internal/report"
)

// warmUp is how many steps come before the measured ones: the first compiles primitives, the second
// finds memory in place.
const warmUp = 2

// embeddedSide is the side in pixels of the images that cmae carries.
const embeddedSide = 28

// Options say what to measure.
type Options struct {
	Config    recipe.Pretrain
	Steps     int
	Profile   bool
	Processes comm.Processes // that compute the steps together; nil for this one alone
	Console   *report.Console
}

// Result is one measurement. Times are in milliseconds, sizes in bytes.
type Result struct {
	Engine     string   `json:"engine"`
	Reason     string   `json:"reason"` // for the engine and precision
	Precision  string   `json:"precision"`
	Warnings   []string `json:"warnings,omitempty"`
	Threads    int      `json:"threads"`
	Replicas   int      `json:"replicas"` // that they are divided among
	Side       int      `json:"image_size"`
	Batch      int      `json:"batch_size"`
	Steps      int      `json:"steps"`
	Parameters int      `json:"parameters"` // trained ones

	ImagesPerSecond float64 `json:"images_per_second"` // by the median step
	StepMS          float64 `json:"step_ms"`           // median
	FastestMS       float64 `json:"fastest_step_ms"`
	// of the process, before the floor takes memory too
	PeakRSS     int64 `json:"peak_rss_bytes"`
	Activations int   `json:"activation_bytes"` // the arena of the graph
	Garbage     int64 `json:"garbage_bytes"`    // allocated on Go's heap in a step

	// of an engine that compiles
	Programs     int     `json:"programs,omitempty"`      // in the steps before the measured ones
	Recompiled   int     `json:"recompiled,omitempty"`    // in the measured steps
	CompileMS    float64 `json:"compile_ms,omitempty"`    // all programs
	ProgramBytes int64   `json:"program_bytes,omitempty"` // memory that the largest needs
	RecordMS     float64 `json:"record_ms,omitempty"`     // of a step, outside the device
	Uploaded     int64   `json:"upload_bytes,omitempty"`  // of a step: images, masks, numbers

	FloorMS    float64 `json:"floor_ms"`
	ProductsMS float64 `json:"floor_products_ms"` // the step's matrix products alone
	UpdatesMS  float64 `json:"floor_updates_ms"`  // the optimizer's unavoidable bytes
	// step over floor, median of those measured side by side
	Ratio       float64 `json:"ratio"`
	GFLOP       float64 `json:"gflop"`              // of a step's products
	ProductRate float64 `json:"gflop_per_second"`   // of the products alone
	Bandwidth   float64 `json:"bandwidth_gb_per_s"` // measured: bytes read and written
	UpdateBytes int64   `json:"update_bytes"`

	PeakFloorMS float64 `json:"peak_floor_ms"`         // the step's GFLOP at the peak, and the updates
	PeakRate    float64 `json:"peak_gflop_per_second"` // of square matrices, by the median round
	PeakProduct string  `json:"peak_product"`          // that reaches it
	RatioToPeak float64 `json:"ratio_to_peak"`         // step over that floor, as ratio is measured

	Together      *Together `json:"processes,omitempty"` // where there are several
	ProfileKinds  []Share   `json:"profile_kinds,omitempty"`
	ProfileLayers []Share   `json:"profile_layers,omitempty"`
}

// Run measures o.Steps training steps and their floor. It never opens images.
func Run(ctx context.Context, o Options) (_ *Result, err error) {
	side, err := sideOf(o.Config)
	if err != nil {
		return nil, err
	}
	s, err := newStepper(o.Config, side, o.Processes)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	choice := s.Run.Choice
	if e, ok := choice.Engine.(kernel.Compiler); ok {
		e.OnCompile(o.Console.Waiting("compiling the step"))
	}
	r := &Result{
		Engine: choice.Name(), Reason: choice.Reason, Precision: choice.ComputeType.String(),
		Warnings: choice.Warnings, Threads: choice.Threads(), Replicas: s.Run.Replicas.Len(),
		Side: side, Batch: o.Config.Train.BatchSize, Steps: o.Steps,
		Parameters: s.Run.Params.Count(""),
	}
	return r, r.measure(ctx, s, o)
}

// sideOf is the image side that the configuration names.
func sideOf(c recipe.Pretrain) (int, error) {
	side := c.Data.ImageSize
	switch {
	case side == 0 && c.Data.Path == "":
		side = embeddedSide
	case side == 0:
		return 0, fmt.Errorf(
			"%w: data.image_size: bench opens no images; set it to the side in pixels that the "+
				"model shall see",
			fault.Usage,
		)
	}
	if err := method.All().CheckData(c, side, c.Train.BatchSize); err != nil {
		return 0, fmt.Errorf("%w: %w", fault.Usage, err)
	}
	return side, nil
}

// measure takes medians of steps and passes of the floor.
func (r *Result) measure(ctx context.Context, s *stepper, o Options) error {
	for range warmUp {
		if err := s.step(ctx); err != nil {
			return err
		}
	}
	r.PeakRSS = machine.PeakRSS() // the floor's memory is no step's
	r.Activations = s.Step.Memory()
	warm := compiled(s.Run.Choice.Engine)
	r.Programs, r.CompileMS, r.ProgramBytes = warm.Programs, ms(warm.Time), warm.Memory
	before := s.Step.Spent()
	m := &measurement{stepper: s, rounds: make([]round, o.Steps)}
	run := m.alternate
	if s.compiles() {
		run = m.apart
	}
	defer m.free()
	if err := run(ctx, o.Profile); err != nil {
		return err
	}
	r.summarize(m)
	r.Together = newTogether(o.Processes, s.Step.Spent().Since(before), o.Steps, r.StepMS)
	if o.Profile {
		r.ProfileKinds, r.ProfileLayers = s.profileTables(o.Steps)
	}
	return nil
}

// summarize takes medians: of the ratio, over the rounds.
func (r *Result) summarize(m *measurement) {
	rounds, f := m.rounds, m.floor
	r.Bandwidth, r.UpdateBytes, r.GFLOP = Bandwidth(f.engine), f.updates, f.gflop()
	r.UpdatesMS = float64(r.UpdateBytes) / r.Bandwidth / 1e6
	over := func(value func(round) float64) float64 {
		var list []float64
		for _, x := range rounds {
			list = append(list, value(x))
		}
		return median(list)
	}
	r.StepMS = over(func(x round) float64 { return ms(x.step) })
	r.ProductsMS = over(func(x round) float64 { return ms(x.products) })
	r.Ratio = over(func(x round) float64 { return ms(x.step) / (ms(x.products) + r.UpdatesMS) })
	r.PeakRate, r.PeakProduct = over(func(x round) float64 { return x.peak }), m.peak.String()
	r.RatioToPeak = over(func(x round) float64 {
		return ms(x.step) / (r.GFLOP/x.peak*1e3 + r.UpdatesMS)
	})
	r.Garbage = int64(over(func(x round) float64 { return float64(x.garbage) }))
	if r.Programs > 0 {
		r.RecordMS = over(func(x round) float64 { return ms(x.record) })
		r.Uploaded = int64(over(func(x round) float64 { return float64(x.uploaded) }))
		for _, x := range rounds {
			r.Recompiled += x.recompiled
		}
	}
	r.FloorMS = r.ProductsMS + r.UpdatesMS
	r.PeakFloorMS = r.GFLOP/r.PeakRate*1e3 + r.UpdatesMS
	r.ImagesPerSecond = float64(r.Batch) / r.StepMS * 1e3
	r.ProductRate = r.GFLOP / r.ProductsMS * 1e3
	r.FastestMS = ms(
		slices.MinFunc(rounds, func(a, b round) int { return cmp.Compare(a.step, b.step) }).step,
	)
}

// compiled counts what an engine has compiled; one that does not compile has nothing.
func compiled(e kernel.Engine) kernel.Compiled {
	if c, ok := e.(kernel.Compiler); ok {
		return c.Compiled()
	}
	return kernel.Compiled{}
}

func ms(d time.Duration) float64 { return d.Seconds() * 1e3 }

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return (sorted[len(sorted)/2] + sorted[(len(sorted)-1)/2]) / 2
}
