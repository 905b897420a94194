package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"cmae/internal/method"
	"cmae/internal/report"
	"cmae/internal/report/curves"
	"cmae/internal/rundir"
)

func newPlotCmd(a *app) *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use:   "plot RUN|SWEEP...",
		Short: "Plot losses, learning rate and accuracy of runs",
		Long: `Plot what the metrics of one or several runs hold, the runs beside each other: total
loss and each of its terms, learning rate, gradient norm, speed, and kNN accuracy where
train.knn_every measured it. Runs that differ in nothing but their seed are one curve, their mean,
in a band of one standard deviation; of a sweep there is a curve for each cell. A run may still be
going on. --out FILE.csv writes the numbers of every run in place of a picture.`,
		Example: `  cmae plot runs/demo
  cmae plot runs/mae runs/cmae --out compare.svg
  cmae plot runs/ablate-decoder --out decoders.png
  cmae plot runs/demo --out metrics.csv`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			path := out
			if path == "" {
				path = "curves.png"
				if len(args) == 1 {
					path = rundir.Picture(args[0], path)
				}
			}
			if err := curves.Plot(path, method.All().Terms(), args...); err != nil {
				return err
			}
			return a.print(drawn{path}, func() { fmt.Fprintln(a.out, report.Printable(path)) })
		},
	}
	cmd.Flags().StringVarP(
		&out, "out", "o", "",
		"PNG, SVG or CSV file (default: curves.png in the folder pictures of a single "+
			"run, or here)",
	)
	return cmd
}
