package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"cmae/internal/method"
	"cmae/internal/report"
	"cmae/internal/report/picture"
)

func newViewsCmd(a *app) *cobra.Command {
	var f settingsFlags
	var o sampleFlags
	cmd := &cobra.Command{
		Use:   "views",
		Short: "Draw what pretraining makes of training images",
		Long: `Draw training images as a PNG file, each with the views of it that pretraining sees
in its first epochs: the query view, what masking leaves of it, and the key view, by the very draws
of a run with this seed. It needs no run, and shows whether crops and colours suit the images.`,
		Example: `  cmae views --config my.yaml --set data.path=photos
  cmae views --config runs/demo/config.yaml --set augment.scale_min=0.5 --count 4`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			path, err := o.path("", "views.png")
			if err != nil {
				return err
			}
			c, err := f.load(a, method.Default())
			if err != nil {
				return err
			}
			if err := picture.Views(cmd.Context(), c, a.console(), path, o.sample()); err != nil {
				return err
			}
			return a.print(drawn{path}, func() { fmt.Fprintln(a.out, report.Printable(path)) })
		},
	}
	f.add(cmd.Flags())
	o.add(cmd.Flags())
	cmd.Flags().Lookup("out").Usage = "PNG file (default views.png)"
	return cmd
}
