package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"cmae/internal/evaluate/embed"
	"cmae/internal/evaluate/encoder"
	"cmae/internal/evaluate/features"
	"cmae/internal/report"
)

func newEmbedCmd(a *app) *cobra.Command {
	var f encoderFlags
	var o embed.Options
	var tokens string
	cmd := &cobra.Command{
		Use:   "embed [RUN [FOLDER]]",
		Short: "Write the features of images to a file",
		Long: `Write what an encoder makes of each image: its class token or the mean of its patch
tokens (probe.feature), of the images of the configuration or of a FOLDER of images of any depth,
which needs no labels; of an image that is no square, the central one is seen. RUN is a run, one of
its checkpoints or a safetensors file.

  FILE.csv           path,label,f0,f1,...; label is the class's name, empty for a folder
  FILE.npy           an array of float32, a row an image; FILE.paths.txt has the path of each row
                     on a line
  FILE.safetensors   features [n,D], labels [n] (-1 without), paths (bytes) and path_ends [n],
                     where each path ends in them

--tokens patches writes every patch token of an image, [n,N,D], to .npy or .safetensors, for dense
tasks such as segmentation.

Files that cannot be decoded end the command or are left out and listed, as data.on_error says.`,
		Example: `  cmae embed runs/demo --out features.npy
  cmae embed runs/demo --out test.csv --split test --set probe.feature=cls
  cmae embed runs/demo photos/ --out photos.safetensors --set data.on_error=skip --json`,
		Args: cobra.MaximumNArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			args, err := embedded(&f, &o, args, tokens, cmd.Flags().Changed("split"))
			if err != nil {
				return err
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
		&tokens, "tokens", "image",
		"image (one feature of each, probe.feature) or patches (the feature of each patch)",
	)
	cmd.Flags().StringVar(
		&o.Images, "images", "",
		"the same as FOLDER: images to embed instead of the configured data",
	)
	return cmd
}

// embedded says what to embed by the arguments, of which it returns those that name the encoder.
func embedded(
	f *encoderFlags, o *embed.Options, args []string, tokens string, split bool,
) ([]string, error) {
	if len(args) == 2 {
		if o.Images != "" {
			return nil, usageError{
				fmt.Errorf(
					"--images: %q and %q are two folders of images; give one", o.Images,
					args[1],
				),
			}
		}
		args, o.Images = args[:1], args[1]
	}
	if f.random && len(args) == 1 && o.Images == "" {
		return nil, fmt.Errorf(
			"%w; images are given with --images %s", excluded("--random", args[0]), args[0],
		)
	}
	if o.Images != "" && split {
		return nil, errFolderSplit
	}
	if tokens != "image" && tokens != string(features.EachPatch) {
		return nil, usageError{fmt.Errorf("--tokens: %q is not image or patches", tokens)}
	}
	f.patches = tokens != "image"
	return args, nil
}

func (a *app) embed(ctx context.Context, f *encoderFlags, args []string, o embed.Options) error {
	if err := o.Check(); err != nil {
		return usageError{err}
	}
	if err := creatable(o.Out); err != nil {
		return err
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
			each := fmt.Sprint(s.Dim)
			if s.Patches > 0 {
				each = fmt.Sprintf("%d x %d", s.Patches, s.Dim)
			}
			fmt.Fprintf(
				a.out, "%s: %d images, %s values each (%s of %s at %d px), %d left out\n",
				report.Printable(s.Out), s.Images, each, s.Feature, report.Printable(s.Encoder),
				s.Side, len(s.Bad),
			)
		})
	})
}
