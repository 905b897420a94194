package main

import (
	"cmp"
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"cmae/internal/evaluate/atlas"
	"cmae/internal/evaluate/embed"
	"cmae/internal/evaluate/encoder"
	"cmae/internal/report"
	"cmae/internal/rundir"
)

func newMapCmd(a *app) *cobra.Command {
	var f encoderFlags
	o := atlas.Options{Tool: tool()}
	cmd := &cobra.Command{
		Use:   "map [RUN [FOLDER]]",
		Short: "Map images by what an encoder makes of them",
		Long: `Lay images out so that those with alike features lie near each other (t-SNE after principal
components), and list clusters with their typical images, near-duplicates and outliers. The images
are those of the test split, of the training split where there is no other, or of a FOLDER of images
of any depth. RUN is a run, one of its checkpoints or a safetensors file.

The page, map.html, needs no network: it shows an image and its nearest ones where it is pointed at.
A picture and a table, map.png and map.csv, go beside it.`,
		Example: `  cmae map runs/demo
  cmae map runs/demo photos/ --out photos.html
  cmae map runs/demo --split train --most 3000 --clusters 20`,
		Args: cobra.MaximumNArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 2 {
				args, o.Images = args[:1], args[1]
			}
			return a.mapImages(cmd.Context(), &f, args, o)
		},
	}
	f.add(cmd.Flags())
	cmd.Flags().StringVarP(
		&o.Out, "out", "o", "", "page, .html (default: in the folder pictures of the run, or here)",
	)
	cmd.Flags().StringVar(
		(*string)(&o.Split), "split", "", "images of the configuration: train, test or all",
	)
	cmd.Flags().IntVar(
		&o.Most, "most", 10000, "images on the map, chosen by the seed where there are more",
	)
	cmd.Flags().IntVar(
		&o.Clusters, "clusters", 0, "clusters; 0 takes as many as there are classes, or 10",
	)
	return cmd
}

func (a *app) mapImages(
	ctx context.Context, f *encoderFlags, args []string, o atlas.Options,
) error {
	if o.Out != "" {
		if err := mustEnd("--out", o.Out, ".html"); err != nil {
			return err
		}
	}
	switch {
	case o.Images != "" && o.Split != "":
		return errFolderSplit
	case o.Most < 5 || o.Most > 100000:
		return usageError{fmt.Errorf("--most: %d must be 5 to 100000", o.Most)}
	case o.Clusters < 0 || o.Clusters > 1000:
		return usageError{fmt.Errorf("--clusters: %d must be 0 to 1000", o.Clusters)}
	}
	if o.Split != "" || o.Images != "" {
		which := embed.Options{Split: cmp.Or(o.Split, embed.All), Images: o.Images}
		if err := which.CheckImages(); err != nil {
			return usageError{err}
		}
	}
	if o.Images != "" {
		f.images = []string{o.Images}
	}
	return f.read(a, args, func(e *encoder.Encoder) error {
		if o.Out == "" {
			o.Out = rundir.Picture(e.From, "map.html")
		}
		s, err := atlas.Run(ctx, e, o)
		if err != nil {
			return err
		}
		return a.print(s, func() {
			fmt.Fprintf(
				a.out, "%s: %s, %s, %s\n%s\n%s\n", report.Printable(s.Page),
				report.Count(s.Images, "image"), report.Count(s.Clusters, "cluster"),
				report.Count(len(s.Duplicates), "near-duplicate"), report.Printable(s.Picture),
				report.Printable(s.Table),
			)
		})
	})
}
