package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"cmae/internal/evaluate/crops"
	"cmae/internal/evaluate/encoder"
	"cmae/internal/report/picture"
)

func newCropsCmd(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use: "crops", Short: "Look at ContrastiveCrop and evaluate it", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newCropsShowCmd(a), newCropsScoreCmd(a))
	return cmd
}

func newCropsShowCmd(a *app) *cobra.Command {
	var f pictureFlags
	cmd := &cobra.Command{
		Use:   "show [RUN]",
		Short: "Draw heat maps, boxes and crops of training images",
		Long: `Draw training images as a PNG file: heat map, true box where the data has boxes,
found box, and plain crops beside contrastive ones. The boxes are those of the checkpoint if it has
any, else as the encoder finds them.`,
		Example: `  cmae crops show runs/demo
  cmae crops show runs/demo --count 4 --set crop.threshold=0.6`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.draw(cmd.Context(), a, args, "crops.png", picture.Crops)
		},
	}
	f.add(cmd.Flags())
	return cmd
}

func newCropsScoreCmd(a *app) *cobra.Command {
	var f encoderFlags
	var o crops.Options
	cmd := &cobra.Command{
		Use:   "score [RUN]",
		Short: "Evaluate boxes and crops by the objects' true boxes",
		Long: `Compare crops of the training images with the objects' true boxes, for data that has
them (Tiny-ImageNet): how often the centre lies in the object, how much of the object is kept, how
much of the crop is object, and the overlap (IoU) of the box that bounds the centres with the true
box. Rows: plain crops, crops around the central half (SimCCrop), around the run's boxes, around
another image's box (what the heat map knows is by how much its own is better), and around the true
boxes, the best to be had.`,
		Example: `  cmae crops score runs/tiny
  cmae crops score runs/tiny --fresh --set crop.source=feature --json`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.scoreCrops(cmd.Context(), &f, o, args)
		},
	}
	f.add(cmd.Flags())
	cmd.Flags().BoolVar(
		&o.Fresh, "fresh", false, "find the boxes anew although the checkpoint has some",
	)
	cmd.Flags().IntVar(&o.Crops, "crops", 4, "crops of each kind an image, 1 to 1000")
	return cmd
}

func (a *app) scoreCrops(
	ctx context.Context, f *encoderFlags, o crops.Options, args []string,
) error {
	if o.Crops < 1 || o.Crops > 1000 {
		return usageError{fmt.Errorf("--crops: %d must be 1 to 1000", o.Crops)}
	}
	options, err := f.options(a, args)
	if err != nil {
		return err
	}
	options.Maps = true
	return read(options, func(e *encoder.Encoder) error {
		score, err := crops.Run(ctx, e, o)
		if err != nil {
			return err
		}
		return a.print(score, func() { score.WriteText(a.out) })
	})
}
