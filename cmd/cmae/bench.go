package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"cmae/internal/method"
	"cmae/internal/recipe"
	"cmae/internal/report"
	"cmae/internal/tools/bench"
)

// benchFlags are settings under short names, and what to measure.
type benchFlags struct {
	settingsFlags
	engine, precision string
	batch, steps      int
	profile, data     bool
}

func newBenchCmd(a *app) *cobra.Command {
	var f benchFlags
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Time whole training steps against their floor, or the loader alone",
		Long: `Run training steps (momentum update, inputs, forward, backward, norm, optimizer) on
synthetic input and print the median step, images a second, peak memory and garbage, beside the
floor: the same step's matrix products alone, on memory of their own and in turn with the steps,
and the bytes that the optimizer cannot avoid at the memory bandwidth measured in the same run. The
peak floor has these products at the highest rate that square matrices reach. No images are opened.

Started by mpirun or srun, the processes compute the steps together, and the result says what that
cost: communication, how much of it ran beside computing, and the efficiency.

With --data, time the loader instead: augmented views a second, from the packed cache of data.path
or from noise in memory.`,
		Example: `  cmae bench --config configs/bench/cmae_tiny.yaml --steps 10
  cmae bench --config configs/bench/mae_base.yaml --engine onednn --precision bf16 --profile
  cmae bench --data --config configs/bench/cmae_tiny.yaml --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.bench(cmd.Context(), &f) },
	}
	flags := cmd.Flags()
	f.add(flags)
	flags.IntVar(
		&f.batch, "batch", 0,
		"images of a step, 0 for the configuration's; short for --set train.batch_size=N",
	)
	flags.IntVar(
		&f.steps, "steps", 10,
		"steps to measure, after a warm-up; with --data at least so many batches, in whole epochs",
	)
	flags.StringVar(&f.engine, "engine", "", "short for --set engine=NAME")
	flags.StringVar(&f.precision, "precision", "", "short for --set precision=NAME")
	flags.BoolVar(&f.profile, "profile", false, "add time by kind of operation and by layer")
	flags.BoolVar(&f.data, "data", false, "time the loader alone")
	return cmd
}

// resolve returns the settings with the short flags in force.
func (f *benchFlags) resolve(a *app) (recipe.Pretrain, error) {
	if f.steps < 1 {
		return recipe.Pretrain{}, usageError{fmt.Errorf("--steps %d must be at least 1", f.steps)}
	}
	if f.data && f.profile {
		return recipe.Pretrain{}, usageError{
			errors.New("--profile and --data exclude each other: the loader has no operations"),
		}
	}
	for key, value := range map[string]string{"engine": f.engine, "precision": f.precision} {
		if value != "" {
			f.set = append(f.set, key+"="+value)
		}
	}
	if f.batch != 0 {
		f.set = append(f.set, "train.batch_size="+strconv.Itoa(f.batch))
	}
	return f.load(a, method.Default())
}

func (a *app) bench(ctx context.Context, f *benchFlags) error {
	c, err := f.resolve(a)
	if f.data && err == nil {
		r, err := bench.RunData(ctx, c, f.steps, a.console())
		if err != nil {
			return err
		}
		return a.print(r, func() {
			fmt.Fprintf(
				a.out,
				"%s: %d views of %d px, %.0f a second with %d workers, %.0f a second of one "+
					"core; %d bytes of garbage a batch\n",
				r.Source, r.Views, r.Side, r.ViewsPerS, r.Workers, r.ViewsPerCore, r.Garbage,
			)
		})
	}
	processes, err := a.join(c.Comm, c, err)
	if err != nil {
		return err
	}
	r, err := bench.Run(ctx, bench.Options{
		Config: c, Steps: f.steps, Profile: f.profile, Processes: processes,
		Console: a.console(),
	})
	if err != nil {
		return err
	}
	for _, w := range r.Warnings {
		a.console().Warn("%s", w)
	}
	return a.print(r, func() { a.benchTable(r) })
}

func (a *app) benchTable(r *bench.Result) {
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	row := func(name, format string, args ...any) {
		fmt.Fprintf(w, "%s\t%s\n", name, fmt.Sprintf(format, args...))
	}
	row(
		"engine", "%s, %s, %s, replicas: %d (%s)", r.Engine, r.Precision,
		report.Count(r.Threads, "thread"), r.Replicas, r.Reason,
	)
	row("model", "%.1f M parameters, %d px, batch %d", float64(r.Parameters)/1e6, r.Side, r.Batch)
	row(
		"step", "%.1f ms (median of %d, fastest %.1f): %.1f images/s", r.StepMS, r.Steps,
		r.FastestMS, r.ImagesPerSecond,
	)
	row(
		"floor",
		"%.1f ms: %.1f GFLOP of products in %.1f ms (%.0f GFLOP/s), %.2f GB of updates in %.1f "+
			"ms (%.1f GB/s)",
		r.FloorMS, r.GFLOP, r.ProductsMS, r.ProductRate, float64(r.UpdateBytes)/1e9, r.UpdatesMS,
		r.Bandwidth,
	)
	row("ratio", "%.2f", r.Ratio)
	row(
		"peak floor", "%.1f ms: the same products at %.0f GFLOP/s (%s), the same updates",
		r.PeakFloorMS, r.PeakRate, r.PeakProduct,
	)
	row("ratio to peak", "%.2f", r.RatioToPeak)
	row(
		"memory", "%.2f GB at the peak, %.2f GB of it activations", float64(r.PeakRSS)/1e9,
		float64(r.Activations)/1e9,
	)
	if t := r.Together; t != nil {
		row(
			"processes", "%d: %.1f ms of communication a step, %.0f %% of it while computing; "+
				"efficiency %.3f", t.Processes, t.CommunicationMS, 100*t.Overlap, t.Efficiency,
		)
	}
	if r.Programs > 0 {
		row(
			"programs", "%d in %.1f s, the largest takes %.2f GB of the device; %d more in "+
				"measured steps; recording a step: %.2f ms",
			r.Programs, r.CompileMS/1e3, float64(r.ProgramBytes)/1e9, r.Recompiled, r.RecordMS,
		)
		row("uploads", "%.3f MB a step", float64(r.Uploaded)/1e6)
	}
	row("garbage", "%.1f kB a step", float64(r.Garbage)/1e3)
	w.Flush()
	a.profileTable("operation", r.ProfileKinds)
	a.profileTable("layer", r.ProfileLayers)
}

// profileRows is how many rows of a profile a person reads; --json has all.
const profileRows = 25

func (a *app) profileTable(title string, rows []bench.Share) {
	if len(rows) == 0 {
		return
	}
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "\nms\tpart\tcalls\t  %s\n", title)
	for _, s := range rows[:min(len(rows), profileRows)] {
		fmt.Fprintf(w, "%.2f\t%.1f %%\t%d\t  %s\n", s.MS, 100*s.Part, s.Calls, s.Name)
	}
	w.Flush()
}
