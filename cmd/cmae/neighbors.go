package main

import (
	"context"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"cmae/internal/evaluate/atlas"
	"cmae/internal/evaluate/embed"
	"cmae/internal/evaluate/encoder"
	"cmae/internal/report"
	"cmae/internal/rundir"
)

func newNeighborsCmd(a *app) *cobra.Command {
	var f encoderFlags
	var o atlas.SearchOptions
	cmd := &cobra.Command{
		Use:     "neighbors RUN IMAGE|FOLDER...",
		Aliases: []string{"neighbours"},
		Short:   "Find the images that are most similar to others",
		Long: `Find for each IMAGE those whose features are nearest to its own, by the cosine: among the
training images of the configuration, another split of it, or a folder (--among). The picture has a
row for each of the first 24 images. RUN is a run, one of its checkpoints or a safetensors file.`,
		Example: `  cmae neighbors runs/demo photo.jpg
  cmae neighbors runs/demo holiday/ --among photos/ --count 12 --json`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) < 2 {
				return errNoImages
			}
			o.Images = args[1:]
			if o.Among != "" && cmd.Flags().Changed("split") {
				return errFolderSplit
			}
			return a.neighbors(cmd.Context(), &f, args[:1], o)
		},
	}
	f.settingsFlags.add(cmd.Flags())
	cmd.Flags().StringVarP(
		&o.Out, "out", "o", "", "PNG file (default: in the folder pictures of the run, or here)",
	)
	cmd.Flags().StringVar(&o.Among, "among", "", "folder of images to look in, of any depth")
	cmd.Flags().StringVar(
		(*string)(&o.Split), "split", string(embed.Train),
		"images of the configuration to look in: train, test or all",
	)
	cmd.Flags().IntVar(&o.Count, "count", 8, "similar images of each, 1 to 32")
	return cmd
}

func (a *app) neighbors(
	ctx context.Context, f *encoderFlags, run []string, o atlas.SearchOptions,
) error {
	if o.Out != "" {
		if err := mustEnd("--out", o.Out, ".png"); err != nil {
			return err
		}
	}
	if o.Count < 1 || o.Count > 32 {
		return usageError{fmt.Errorf("--count: %d must be 1 to 32", o.Count)}
	}
	which := embed.Options{Split: o.Split, Images: o.Among}
	if err := which.CheckImages(); err != nil {
		return usageError{err}
	}
	f.images = o.Images
	return f.read(a, run, func(e *encoder.Encoder) error {
		if o.Out == "" {
			o.Out = rundir.Picture(e.From, "neighbors.png")
		}
		found, err := atlas.Search(ctx, e, o)
		if err != nil {
			return err
		}
		return a.print(found, func() {
			w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
			for _, q := range found.Queries {
				fmt.Fprintln(w, report.Printable(q.Path))
				for _, m := range q.Similar {
					fmt.Fprintf(
						w, "  %.4f\t%s\t%s\n", m.Cosine, report.Printable(m.Class),
						report.Printable(m.Path),
					)
				}
			}
			w.Flush()
			fmt.Fprintln(a.out, report.Printable(found.Picture))
		})
	})
}
