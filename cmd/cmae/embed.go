package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"cmae/internal/evaluate/embed"
	"cmae/internal/evaluate/encoder"
)

func newEmbedCmd(a *app) *cobra.Command {
	var f encoderFlags
	var o embed.Options
	cmd := &cobra.Command{
		Use:   "embed [RUN [FOLDER]]",
		Short: "Write the features of images to a file",
		Long: `Write what an encoder makes of each image: its class token or the mean of its patch
tokens (probe.feature), of the images of the configuration or of a FOLDER of images of any depth,
which needs no labels; of an image that is no square, the central one is seen. RUN is a run, one of
its checkpoints or a safetensors file.

  FILE.csv           path,label,f0,f1,...; label is the class's name, empty for a folder
  FILE.npy           a matrix of float32, a row an image; FILE.paths.txt has the path of each row on a line
  FILE.safetensors   features [n,D], labels [n] (-1 without), paths (bytes) and path_ends [n], where each path ends in them

Files that cannot be decoded end the command or are left out and listed, as data.on_error says.`,
		Example: `  cmae embed runs/demo --out features.npy
  cmae embed runs/demo --out test.csv --split test --set probe.feature=cls
  cmae embed runs/demo photos/ --out photos.safetensors --set data.on_error=skip --json`,
		Args: cobra.MaximumNArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 2 {
				if o.Images != "" {
					return usageError{
						fmt.Errorf(
							"--images: %q and %q are two folders of images; give one", o.Images,
							args[1],
						),
					}
				}
				args, o.Images = args[:1], args[1]
			}
			if f.random && len(args) == 1 && o.Images == "" {
				return fmt.Errorf(
					"%w; images are given with --images %s", excluded("--random", args[0]), args[0],
				)
			}
			if o.Images != "" && cmd.Flags().Changed("split") {
				return usageError{
					errors.New("--split: a folder of images has no splits; leave it out"),
				}
			}
			return a.embed(cmd.Context(), &f, args, o)
		},
	}
	f.add(cmd.Flags())
	cmd.Flags().StringVarP(&o.Out, "out", "o", "", "file to write: .npy, .csv or .safetensors")
	cmd.Flags().StringVar(
		(*string)(&o.Split), "split", string(embed.All),
		"images of the configuration: train, test or all that there are",
	)
	cmd.Flags().StringVar(
		&o.Images, "images", "",
		"the same as FOLDER: images to embed instead of the configured data",
	)
	return cmd
}

func (a *app) embed(ctx context.Context, f *encoderFlags, args []string, o embed.Options) error {
	if err := o.Check(); err != nil {
		return usageError{err}
	}
	if o.Images != "" {
		f.images = []string{o.Images}
	}
	return f.read(a, args, func(e *encoder.Encoder) error {
		s, err := embed.Run(ctx, e, o)
		if err != nil {
			return err
		}
		return a.print(s, func() {
			fmt.Fprintf(
				a.out, "%s: %d images, %d values each (%s of %s at %d px), %d left out\n", s.Out,
				s.Images, s.Dim, s.Feature, s.Encoder, s.Side, len(s.Bad),
			)
		})
	})
}
