package main

import (
	"github.com/spf13/cobra"

	"cmae/internal/report/picture"
)

func newPCACmd(a *app) *cobra.Command {
	var f pictureFlags
	cmd := &cobra.Command{
		Use:   "pca [RUN]",
		Short: "Draw which patches are alike to the encoder",
		Long: `Draw, as a PNG file, the first three principal components of the patch features of
whole test images, or training images where there are no others, as colours: patches of like colour
are alike to the encoder.`,
		Example: `  cmae pca runs/demo
  cmae pca --random --config my.yaml --out random.png`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.draw(cmd.Context(), a, args, "pca.png", picture.PCA)
		},
	}
	f.add(cmd.Flags())
	return cmd
}
