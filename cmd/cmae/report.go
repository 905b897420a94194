package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"cmae/internal/report"
	"cmae/internal/report/runpage"
	"cmae/internal/tools/ablate"
)

func newReportCmd(a *app) *cobra.Command {
	var f settingsFlags
	var pictures, evaluate bool
	cmd := &cobra.Command{
		Use:   "report RUN|SWEEP...",
		Short: "Write a page on a run or a sweep: one HTML file to show",
		Long: `Write report.html to the folder of a run: figures beside their baselines, curves,
reconstructions, views, attention, confusions and classes, settings, machine and command lines. The
page needs no network and no other file. What the folder lacks is drawn and measured first: pictures
of eight images, and kNN of the encoder, of random weights and of raw pixels. Every run writes such
a page of what is there when it ends.

Of a sweep the page has the table with means, deviations and differences to the first cell, and
accuracies against what was swept; table.tex is written beside it.`,
		Example: `  cmae report runs/demo
  cmae report runs/demo --set data.path=photos
  cmae report runs/ablate-decoder`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o := runpage.FillOptions{
				Changes: f.source(a), Console: a.console(), Pictures: pictures, Evaluate: evaluate,
			}
			return a.report(cmd.Context(), args, o)
		},
	}
	cmd.Flags().StringArrayVar(
		&f.set, "set", nil,
		"change one setting of the run, as where its data is now; may be repeated",
	)
	cmd.Flags().BoolVar(&pictures, "pictures", true, "draw the pictures anew")
	cmd.Flags().BoolVar(&evaluate, "evaluate", true, "measure kNN where it is not kept")
	return cmd
}

// reported is the result of a report.
type reported struct {
	Pages []string `json:"pages"`
}

func (a *app) report(ctx context.Context, folders []string, o runpage.FillOptions) error {
	var result reported
	for _, folder := range folders {
		path, err := a.reportOn(ctx, folder, o)
		if err != nil {
			return err
		}
		result.Pages = append(result.Pages, path)
	}
	return a.print(result, func() {
		for _, p := range result.Pages {
			fmt.Fprintln(a.out, report.Printable(p))
		}
	})
}

// reportEnd writes the page of a run that has ended, of what its folder has. A page that cannot be
// written is a warning: the run is what counts.
func (a *app) reportEnd(run string) {
	if _, err := runpage.Write(run, tool()); err != nil {
		a.console().Warn("%v", err)
	}
}

// reportOn writes the page of a folder.
func (a *app) reportOn(
	ctx context.Context, folder string, o runpage.FillOptions,
) (string, error) {
	if ablate.IsSweep(folder) {
		return ablate.Report(folder, tool())
	}
	if _, err := runpage.StatusOf(folder); err != nil { // before anything is drawn
		return "", err
	}
	if err := runpage.Fill(ctx, folder, o); err != nil {
		return "", err
	}
	return runpage.Write(folder, tool())
}
