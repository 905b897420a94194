package main

import (
	"github.com/spf13/cobra"

	"cmae/internal/report/picture"
)

func newReconstructCmd(a *app) *cobra.Command {
	var f pictureFlags
	cmd := &cobra.Command{
		Use:   "reconstruct [RUN]",
		Short: "Draw what the decoder makes of masked test images",
		Long: `Draw test images, or training images where there are no others, as a PNG file:
original, with hidden patches gray, as predicted by the decoder, and the prediction pasted between
the visible patches. RUN is a run, one of its checkpoints or a safetensors file with a decoder.
With reconstruct.norm_pix the picture says what of it was not predicted.`,
		Example: `  cmae reconstruct runs/demo
  cmae reconstruct runs/demo --count 4 --seed 7 --set mask.ratio=0.5 --out half.png`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.draw(cmd.Context(), a, args, "reconstruct.png", picture.Reconstructions)
		},
	}
	f.add(cmd.Flags())
	return cmd
}
