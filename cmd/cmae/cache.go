package main

import (
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"cmae/internal/dataset"
	"cmae/internal/dataset/pack"
	"cmae/internal/method"
	"cmae/internal/report"
)

func newDataCacheCmd(a *app) *cobra.Command {
	var f settingsFlags
	cmd := &cobra.Command{
		Use:   "cache",
		Short: "List the decoded images that are kept, the last used first",
		Long: `Images are decoded once, and kept in data.cache_dir for each folder and for the
settings that they were decoded with. List what is there, with the folder that each file was made
from. An unfinished file is of a decode that ended early: the next one goes on from there.`,
		Example: `  cmae data cache
  cmae data cache prune                # what was made from folders that are gone
  cmae data cache prune --unused 30    # also what nobody opened for 30 days`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return a.listCache(&f) },
	}
	f.add(cmd.Flags())
	cmd.AddCommand(newPruneCmd(a))
	return cmd
}

func (a *app) listCache(f *settingsFlags) error {
	c, err := f.load(a, method.Default())
	if err != nil {
		return err
	}
	dir, list, err := dataset.Cache(c.Data)
	if err != nil {
		return err
	}
	result := struct {
		Folder string        `json:"folder"`
		Files  []pack.Listed `json:"files"`
	}{dir, list}
	return a.print(result, func() {
		fmt.Fprintf(a.out, "%s: %s\n", dir, totalOf(list))
		a.cacheTable(list)
	})
}

func newPruneCmd(a *app) *cobra.Command {
	var f settingsFlags
	var unused int
	var all bool
	cmd := &cobra.Command{
		Use:   "prune",
		Short: "Remove decoded images whose folder is gone, or that nobody uses",
		Long: `Remove the decoded images of folders that are gone, files that are broken, and what
killed decodes have left that none can go on from. What is removed is decoded anew when it is asked
for again.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if unused < 0 || all && cmd.Flags().Changed("unused") {
				return usageError{
					errors.New("give --all, or --unused with a number of days from 0 on"),
				}
			}
			before := time.Now().AddDate(0, 0, -unused)
			old := func(one pack.Listed) bool {
				return cmd.Flags().Changed("unused") && one.Used.Before(before)
			}
			return a.prune(&f, func(one pack.Listed) bool {
				return all || one.Gone || one.Broken != "" || old(one)
			})
		},
	}
	f.add(cmd.Flags())
	cmd.Flags().IntVar(&unused, "unused", 0, "also what was not opened for so many days")
	cmd.Flags().BoolVar(&all, "all", false, "everything")
	return cmd
}

func (a *app) prune(f *settingsFlags, drop func(pack.Listed) bool) error {
	c, err := f.load(a, method.Default())
	if err != nil {
		return err
	}
	removed, err := dataset.Prune(c.Data, drop)
	if err != nil {
		return err
	}
	result := struct {
		Removed []pack.Listed `json:"removed"`
	}{removed}
	return a.print(result, func() {
		a.cacheTable(removed)
		fmt.Fprintf(a.out, "removed %s\n", totalOf(removed))
	})
}

// totalOf sums up files.
func totalOf(list []pack.Listed) string {
	bytes := int64(0)
	for _, one := range list {
		bytes += one.Bytes
	}
	return fmt.Sprintf("%s, %.1f MB", report.Count(len(list), "file"), float64(bytes)/1e6)
}

func (a *app) cacheTable(list []pack.Listed) {
	t := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	for _, one := range list {
		source := one.Source
		switch {
		case one.Broken != "":
			source = "broken: " + one.Broken
		case one.Gone:
			source += " (gone)"
		case source == "":
			source = "made by an earlier version"
		}
		if one.Partial {
			source += " (unfinished)"
		}
		fmt.Fprintf(
			t, "%s\t%d images\t%.1f MB\tused %s\t%s\n", report.Printable(one.File), one.Images,
			float64(one.Bytes)/1e6, one.Used.Format(time.DateOnly),
			report.Printable(source),
		)
	}
	t.Flush()
}
