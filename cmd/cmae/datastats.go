package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"cmae/internal/atomicfile"
	"cmae/internal/config"
	"cmae/internal/dataset"
	"cmae/internal/fault"
	"cmae/internal/method"
)

type statsOptions struct {
	settingsFlags
	images int
	write  string
}

func newDataStatsCmd(a *app) *cobra.Command {
	var o statsOptions
	cmd := &cobra.Command{
		Use:   "stats [PATH]",
		Short: "Measure mean and deviation of the training images by channel",
		Long: `Measure the training images of a data set as a model gets them, 0 to 1, by channel:
mean and standard deviation, which it prints as settings, smallest, largest and percentiles, and the
sizes of the images. All values of up to --images images, spread evenly over the set, are counted,
so that the result is always the same. PATH is short for --set data.path=PATH.`,
		Example: `  cmae data stats images/
  cmae data stats bands/ --set data.channels=6 --write bands.yaml`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				o.set = append(o.set, "data.path="+args[0])
			}
			return a.dataStats(cmd.Context(), &o)
		},
	}
	o.add(cmd.Flags())
	cmd.Flags().IntVar(&o.images, "images", dataset.StatsImages, "images to measure at most")
	cmd.Flags().StringVar(
		&o.write, "write", "",
		"write the settings into this file, whose other settings and comments stay",
	)
	return cmd
}

// dataStats measures and, with --write, keeps.
func (a *app) dataStats(ctx context.Context, o *statsOptions) error {
	if o.images < 1 {
		return fmt.Errorf("%w: --images %d: must be at least 1", fault.Usage, o.images)
	}
	c, err := o.load(a, method.Default())
	if err != nil {
		return err
	}
	data, err := dataset.OpenWithConsole(ctx, c.Data, c.Seed, a.console())
	if err != nil {
		return err
	}
	s := data.Train.Stats(o.images)
	lines := []string{
		"augment.mean=" + config.List(s.Mean), "augment.std=" + config.List(s.Std),
	}
	if o.write != "" {
		if c.Data.Channels != dataset.Default().Channels {
			lines = append(lines, fmt.Sprintf("data.channels=%d", c.Data.Channels))
		}
		if err := writeSettings(o.write, lines); err != nil {
			return err
		}
		a.console().Log("wrote augment.mean and augment.std to %s", o.write)
	}
	return a.print(s, func() { a.statsTable(s) })
}

// writeSettings sets some settings of a file, or makes it. A link stays one.
func writeSettings(path string, assignments []string) error {
	if file, err := filepath.EvalSymlinks(path); err == nil {
		path = file
	}
	text, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: --write: %w", fault.Usage, err)
	}
	if text, err = config.Edit(path, text, assignments...); err != nil {
		return err
	}
	if err := atomicfile.Write(path, text, 0o644); err != nil {
		return fmt.Errorf("--write: %w", err)
	}
	return nil
}

func (a *app) statsTable(s dataset.ChannelStats) {
	fmt.Fprintf(a.out, "%d of %d training images, values 0 to 1\n", s.Images, s.Of)
	fmt.Fprintf(
		a.out, "sizes: %s (smallest), %s (median), %s (largest)\n", sides(s.Sizes.Smallest),
		sides(s.Sizes.Median), sides(s.Sizes.Largest),
	)
	fmt.Fprintf(a.out, "channel   mean    std    min    max")
	for _, r := range s.Ranks {
		fmt.Fprintf(a.out, " %5g%%", r.Percent)
	}
	fmt.Fprintln(a.out)
	for c := range s.Mean {
		fmt.Fprintf(
			a.out, "%7d %6.4f %6.4f %6.4f %6.4f", c, s.Mean[c], s.Std[c], s.Min[c], s.Max[c],
		)
		for _, r := range s.Ranks {
			fmt.Fprintf(a.out, " %6.4f", r.Values[c])
		}
		fmt.Fprintln(a.out)
	}
	fmt.Fprintf(a.out, "augment:\n  mean: %s\n  std: %s\n", config.List(s.Mean), config.List(s.Std))
}

func sides(s [2]int) string { return fmt.Sprintf("%d x %d", s[0], s[1]) }
