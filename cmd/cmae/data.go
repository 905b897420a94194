package main

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/spf13/cobra"

	"cmae/internal/dataset"
	"cmae/internal/fault"
	"cmae/internal/method"
	"cmae/internal/report"
)

func newDataCmd(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "data",
		Short: "Look at a data set, and at the cache of decoded images",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newDataVerifyCmd(a), newDataStatsCmd(a), newDataCacheCmd(a))
	return cmd
}

func newDataVerifyCmd(a *app) *cobra.Command {
	var f settingsFlags
	cmd := &cobra.Command{
		Use:   "verify [PATH]",
		Short: "Count images, find bad files and images that both splits have",
		Long: `Decode every file of a data set and report counts by split and class, bad files
with the reason, and images that training and test split share. A folder without train/ has classes
if all images lie in two folders or more, else images without labels, however nested. PATH is short
for --set data.path=PATH.`,
		Example: `  cmae data verify
  cmae data verify images/                     # classes and splits, or images at any depth
  cmae data verify --set data.format=cifar10 --set data.path=cifar --json`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				f.set = append(f.set, "data.path="+args[0])
			}
			return a.verifyData(cmd.Context(), &f)
		},
	}
	f.add(cmd.Flags())
	return cmd
}

func (a *app) verifyData(ctx context.Context, f *settingsFlags) error {
	c, err := f.load(a, method.Default())
	if err != nil {
		return err
	}
	r, err := dataset.VerifyWatched(ctx, c.Data, a.console())
	if err != nil {
		return err
	}
	if err := a.print(r, func() { a.dataTable(r) }); err != nil {
		return err
	}
	if n := len(r.Bad); n > 0 {
		return fmt.Errorf(
			"%w: %d files cannot be used; mend or delete them, or set data.on_error=skip",
			fault.Data, n,
		)
	}
	return nil
}

// classesOf says how many classes a split has, of how many images.
func classesOf(s dataset.SplitReport) string {
	if len(s.PerClass) == 0 {
		return "no labels"
	}
	fewest, most := math.MaxInt, 0
	for _, n := range s.PerClass {
		fewest, most = min(fewest, n), max(most, n)
	}
	text := fmt.Sprintf("%d classes of %d to %d", len(s.PerClass), fewest, most)
	if s.Unlabelled > 0 {
		text += fmt.Sprintf(", %d without a label", s.Unlabelled)
	}
	return text
}

func (a *app) dataTable(r dataset.Report) {
	line := func(format string, args ...any) {
		fmt.Fprintln(a.out, report.Printable(fmt.Sprintf(format, args...)))
	}
	line("%s %s", r.Format, r.Path)
	for _, s := range r.Splits {
		line(
			"%-5s %d images, %s, %d to %d px, %d with a box, %d bad, %d ignored", s.Name, s.Images,
			classesOf(s), s.SmallestSide, s.LargestSide, s.Boxes, s.Bad, s.Ignored,
		)
		for _, bands := range slices.Sorted(maps.Keys(s.Bands)) {
			if bands != 3 || len(s.Bands) > 1 {
				line(
					"      %s of %s", report.Count(s.Bands[bands], "file"),
					report.Count(bands, "band"),
				)
			}
		}
	}
	if len(r.Splits) == 1 {
		line("no evaluation split")
	}
	for _, n := range r.Notes {
		line("note: %s", n)
	}
	for _, w := range r.Warnings {
		line("warning: %s", w)
	}
	for _, b := range r.Bad {
		line("bad: %s: %s", b.Path, b.Reason)
	}
	for _, s := range r.Splits {
		for _, f := range s.LeftOut {
			line("left out: %s: %s", f.Path, f.Reason)
		}
	}
	for _, d := range r.Duplicates {
		line("in both splits: %s = %s", d.First, d.Second)
	}
	for _, d := range r.Conflicts {
		line("in two classes: %s = %s", d.First, d.Second)
	}
}
