package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"cmae/internal/dataset"
	"cmae/internal/evaluate"
	"cmae/internal/evaluate/encoder"
	"cmae/internal/evaluate/knn"
	"cmae/internal/evaluate/probe"
	"cmae/internal/fault"
	"cmae/internal/method"
	"cmae/internal/method/cmae"
	"cmae/internal/recipe"
	"cmae/internal/report"
	"cmae/internal/report/curves"
	"cmae/internal/report/picture"
	"cmae/internal/rundir"
	"cmae/internal/trainer/pretrain"
)

func newDemoCmd(a *app) *cobra.Command {
	var f settingsFlags
	var out string
	var overwrite bool
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Pretrain on drawn images and show what it was good for",
		Long: `Pretrain CMAE, and MAE beside it, on images that the binary draws (5,000 of ten kinds of
surface), then evaluate both encoders by linear probe and kNN beside one with random weights and
beside raw pixels, and draw what CMAE reconstructs. A few minutes on two cores. MAE's run is in a
folder beside CMAE's, whose name ends in -mae. A demo that was stopped goes on with the same
command.`,
		Example: `  cmae demo
  cmae demo --out runs/demo --set train.epochs=5 --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.demo(cmd.Context(), &f, out, overwrite)
		},
	}
	f.add(cmd.Flags())
	cmd.Flags().StringVarP(&out, "out", "o", "runs/demo", "run folder")
	cmd.Flags().BoolVar(&overwrite, "overwrite", false, "replace the run in the run folder")
	return cmd
}

// demoRow is one encoder of the demo's table.
type demoRow struct {
	Encoder string  `json:"encoder"`
	Linear  float64 `json:"linear_probe"`
	KNN     float64 `json:"knn"`
}

// demoResult is what the demo prints.
type demoResult struct {
	Run      *pretrain.Summary `json:"run"`
	MAE      *pretrain.Summary `json:"mae,omitempty"`
	Rows     []demoRow         `json:"rows"`
	Pictures []string          `json:"pictures"`
}

// demoConfig is configs/demo.yaml, changed by the flags.
func (a *app) demoConfig(f *settingsFlags) (recipe.Pretrain, error) {
	c, err := f.load(a, method.Default())
	if c.Data.Format == dataset.Auto && c.Data.Path == "" {
		c.Data.Format = dataset.Surfaces
	}
	return c, err
}

func (a *app) demo(ctx context.Context, f *settingsFlags, out string, overwrite bool) error {
	c, err := a.demoConfig(f)
	if err != nil {
		return err
	}
	result := demoResult{}
	if result.Run, err = a.demoRun(ctx, c, out, overwrite); err != nil {
		return err
	}
	rows := []demoSubject{
		{"raw pixels", evaluate.Pixels, encoder.Options{Pixels: true}},
		{"random encoder", evaluate.Random, encoder.Options{}},
	}
	name := "pretrained encoder"
	if c.Method == (cmae.Method{}).Name() && c.Contrast.Weight > 0 && c.Reconstruct.Weight > 0 {
		name = "CMAE"
		mae := c
		mae.Contrast.Weight, mae.Location.Weight = 0, 0
		if result.MAE, err = a.demoRun(ctx, mae, out+"-mae", overwrite); err != nil {
			return err
		}
		from := encoder.Options{From: result.MAE.Checkpoint}
		rows = append(rows, demoSubject{"MAE", evaluate.Trained, from})
	}
	from := encoder.Options{From: result.Run.Checkpoint}
	rows = append(rows, demoSubject{name, evaluate.Trained, from})
	if result.Rows, err = a.demoRows(ctx, c, result, rows); err != nil {
		return err
	}
	console := a.console()
	if result.Pictures, err = demoPictures(ctx, c, result.Run, console); err != nil {
		return err
	}
	a.reportEnd(result.Run.Run)
	if result.MAE != nil {
		a.reportEnd(result.MAE.Run)
	}
	return a.print(result, func() { a.demoTable(result) })
}

// demoRun pretrains, or goes on with what the folder has.
func (a *app) demoRun(
	ctx context.Context, c recipe.Pretrain, out string, overwrite bool,
) (*pretrain.Summary, error) {
	o := pretrain.Options{
		Config: c, Run: out, Resume: rundir.ResumeAuto, Console: a.console(), Tool: tool(),
	}
	if overwrite {
		o.Resume, o.Overwrite = rundir.ResumeNever, true
	}
	summary, err := pretrain.Pretrain(ctx, o)
	if errors.Is(err, fault.Usage) {
		err = fmt.Errorf("%w; or give another folder with --out, or --overwrite", err)
	}
	return summary, a.interrupted(err, out, typed())
}

// demoSubject is what a row of the demo's table evaluates.
type demoSubject struct {
	name    string
	subject evaluate.Subject
	from    encoder.Options
}

// demoRows evaluates, and keeps each result with the run that it belongs to.
func (a *app) demoRows(
	ctx context.Context, c recipe.Pretrain, result demoResult, subjects []demoSubject,
) (rows []demoRow, err error) {
	console := a.console()
	for _, s := range subjects {
		s.from.Config, s.from.Console = &c, console
		linear, neighbours, err := measure(ctx, s.from)
		if err != nil {
			return nil, err
		}
		rows = append(rows, demoRow{s.name, linear.Accuracy, neighbours.Accuracy})
		run := result.Run.Run
		if result.MAE != nil && s.from.From == result.MAE.Checkpoint {
			run = result.MAE.Run
		}
		for _, r := range []evaluate.Result{linear, neighbours} {
			a.keep(run, evaluate.Kept{Result: r, Subject: s.subject})
		}
	}
	return rows, nil
}

// demoPictures draws reconstructions, attention and curves of the run and returns their paths.
func demoPictures(
	ctx context.Context, c recipe.Pretrain, run *pretrain.Summary, console *report.Console,
) ([]string, error) {
	e, err := encoder.Open(
		encoder.Options{Config: &c, From: run.Checkpoint, Maps: true, Console: console},
	)
	if err != nil {
		return nil, err
	}
	defer e.Close()
	sample := picture.Sample{Count: 8, Seed: c.Seed}
	var paths []string
	add := func(name string, draw func(path string) error) {
		path := filepath.Join(rundir.Pictures(run.Run), name)
		err = errors.Join(err, draw(path))
		paths = append(paths, path)
	}
	if c.Reconstruct.Weight > 0 {
		add(
			"reconstruct.png",
			func(path string) error { return picture.Reconstructions(ctx, e, path, sample) },
		)
	}
	add("attention.png", func(path string) error { return picture.Attention(ctx, e, path, sample) })
	add("curves.png", func(path string) error {
		return curves.Plot(path, method.All().Terms(), run.Run)
	})
	return paths, err
}

// measure evaluates one encoder by both protocols.
func measure(
	ctx context.Context, o encoder.Options,
) (linear, neighbours evaluate.Result, err error) {
	err = read(o, func(e *encoder.Encoder) (err error) {
		if linear, err = probe.Run(ctx, e); err == nil {
			neighbours, err = knn.Run(ctx, e)
		}
		return err
	})
	return linear, neighbours, err
}

func (a *app) demoTable(r demoResult) {
	w := tabwriter.NewWriter(a.out, 0, 0, 3, ' ', tabwriter.AlignRight)
	fmt.Fprint(w, "accuracy on the test images\tlinear probe\tkNN\t\n")
	for _, row := range r.Rows {
		fmt.Fprintf(w, "%s\t%.1f %%\t%.1f %%\t\n", row.Encoder, 100*row.Linear, 100*row.KNN)
	}
	w.Flush()
	fmt.Fprintf(a.out, "\nrun: %s\n", r.Run.Run)
	for _, p := range r.Pictures {
		fmt.Fprintf(a.out, "picture: %s\n", p)
	}
}
