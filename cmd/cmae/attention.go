package main

import (
	"github.com/spf13/cobra"

	"cmae/internal/report/picture"
)

func newAttentionCmd(a *app) *cobra.Command {
	var f pictureFlags
	cmd := &cobra.Command{
		Use:   "attention [RUN]",
		Short: "Draw where the encoder looks",
		Long: `Draw, as a PNG file, how much the class token of the last block attends to each
patch of whole test images, or training images where there are no others: a map a head, their mean,
and the box that ContrastiveCrop finds in it at crop.threshold.`,
		Example: `  cmae attention runs/demo
  cmae attention runs/demo --count 4 --set crop.threshold=0.6 --out attention.png`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.draw(cmd.Context(), a, args, "attention.png", picture.Attention)
		},
	}
	f.add(cmd.Flags())
	return cmd
}
