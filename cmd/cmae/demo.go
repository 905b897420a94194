package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"cmae/internal/evaluate"
	"cmae/internal/evaluate/encoder"
	"cmae/internal/evaluate/knn"
	"cmae/internal/evaluate/probe"
	"cmae/internal/fault"
	"cmae/internal/method"
	"cmae/internal/recipe"
	"cmae/internal/report"
	"cmae/internal/report/curves"
	"cmae/internal/report/picture"
	"cmae/internal/rundir"
	"cmae/internal/trainer"
	"cmae/internal/trainer/pretrain"
)

func newDemoCmd(a *app) *cobra.Command {
	var f settingsFlags
	var out string
	var overwrite bool
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Pretrain on the embedded images and show what it was good for",
		Long: `Pretrain CMAE on the images that the binary carries (5,000 of Fashion-MNIST), then
evaluate the encoder by linear probe and kNN beside one with random weights and beside raw pixels,
and draw what it reconstructs. A few minutes on two cores. A demo that was stopped goes on with the
same command.`,
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
	Rows     []demoRow         `json:"rows"`
	Pictures []string          `json:"pictures"`
}

func (a *app) demo(ctx context.Context, f *settingsFlags, out string, overwrite bool) error {
	c, err := f.load(a, method.Default())
	if err != nil {
		return err
	}
	o := pretrain.Options{
		Config: c, Run: out, Resume: rundir.ResumeAuto, Console: a.console(), Tool: tool(),
	}
	if overwrite {
		o.Resume, o.Overwrite = rundir.ResumeNever, true
	}
	summary, err := pretrain.Pretrain(ctx, o)
	if errors.Is(err, fault.Usage) {
		err = fmt.Errorf("%w; or give another folder with --out, or --overwrite", err)
	} else if errors.As(err, new(*trainer.Interrupted)) {
		err = fmt.Errorf("%w; the same command goes on", err)
	}
	if err != nil {
		return err
	}
	result := demoResult{Run: summary}
	for _, row := range []struct {
		name    string
		subject evaluate.Subject
		from    encoder.Options
	}{
		{"raw pixels", evaluate.Pixels, encoder.Options{Pixels: true}},
		{"random encoder", evaluate.Random, encoder.Options{}},
		{"pretrained encoder", evaluate.Trained, encoder.Options{From: summary.Checkpoint}},
	} {
		row.from.Config, row.from.Console = &c, o.Console
		linear, neighbours, err := measure(ctx, row.from)
		if err != nil {
			return err
		}
		result.Rows = append(result.Rows, demoRow{row.name, linear.Accuracy, neighbours.Accuracy})
		for _, r := range []evaluate.Result{linear, neighbours} {
			a.keep(summary.Run, evaluate.Kept{Result: r, Subject: row.subject})
		}
	}
	if result.Pictures, err = demoPictures(ctx, c, summary, o.Console); err != nil {
		return err
	}
	a.reportEnd(summary.Run)
	return a.print(result, func() { a.demoTable(result) })
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
