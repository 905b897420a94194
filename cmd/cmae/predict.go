package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"cmae/internal/dataset"
	"cmae/internal/evaluate/encoder"
	"cmae/internal/evaluate/predict"
	"cmae/internal/fault"
)

func newPredictCmd(a *app) *cobra.Command {
	var f encoderFlags
	var o predict.Options
	cmd := &cobra.Command{
		Use:   "predict RUN IMAGE|FOLDER...",
		Short: "Say what images show",
		Long: `Name the likeliest classes of images, by the classifier of a finetuned run, or by
the linear probe that "cmae linprobe" left beside a run or saved elsewhere (--probe). RUN is a run,
one of its checkpoints or a safetensors file. Images are prepared as for evaluation: their central
square, at the size and with the normalisation that the classifier was trained with; what a wide
scan shows at its ends is not seen. Folders are searched at any depth; images stand in the order
given, those of a folder by name.

On a terminal there is a line an image: path, label, probability, and as many runners-up as fit.
Elsewhere it is CSV with a header: path,label,probability,label2,probability2,... up to --top.

Files that cannot be decoded are named as warnings, the others classified all the same. Then the
exit code is 3, or 0 with data.on_error=skip.`,
		Example: `  cmae predict runs/cifar10-tuned photo.jpg
  cmae predict runs/demo photos/ --top 3 --json
  cmae predict encoder.safetensors --probe probe.safetensors photos/ > labels.csv`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) < 2 {
				return errNoImages
			}
			o.Images = args[1:]
			return a.predict(cmd.Context(), &f, args[:1], o)
		},
	}
	f.settingsFlags.add(cmd.Flags())
	cmd.Flags().IntVar(&o.Top, "top", 5, "classes to name for each image")
	cmd.Flags().StringVar(
		&o.Probe, "probe", "",
		"linear probe to classify by (default: the classifier of RUN, else "+
			"probe.safetensors in it)",
	)
	return cmd
}

func (a *app) predict(ctx context.Context, f *encoderFlags, run []string, o predict.Options) error {
	if o.Top < 1 {
		return usageError{fmt.Errorf("--top: %d must be at least 1", o.Top)}
	}
	f.images = o.Images
	return f.read(a, run, func(e *encoder.Encoder) error {
		r, err := predict.Run(ctx, e, o)
		if err != nil {
			return err
		}
		var failed error
		err = a.print(r, func() {
			if width := columns(a.out); width > 0 {
				failed = r.WriteText(a.out, width)
			} else {
				failed = r.WriteCSV(a.out)
			}
		})
		if err = errors.Join(err, failed); err != nil {
			return err
		}
		if len(r.Bad) > 0 && e.Config.Data.OnError == dataset.Fail {
			return fmt.Errorf("predict: %w: %d of %d files cannot be used; mend or delete them, "+
				"or set data.on_error=skip", fault.Data, len(r.Bad), len(r.Bad)+len(r.Images))
		}
		return nil
	})
}
