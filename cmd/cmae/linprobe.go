package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"cmae/internal/comm"
	"cmae/internal/evaluate"
	"cmae/internal/evaluate/encoder"
	"cmae/internal/evaluate/probe"
)

func newLinprobeCmd(a *app) *cobra.Command {
	var f evaluationFlags
	var save string
	cmd := &cobra.Command{
		Use:     "linprobe [RUN]",
		Aliases: []string{"linear-probe"},
		Short:   "Evaluate a frozen encoder by a linear classifier on its features",
		Long: `Train a linear classifier on the features of a frozen encoder and report its
accuracy on the test images. RUN is a run, one of its checkpoints or a safetensors file; the data
is that of the run unless a setting says otherwise. probe.protocol chooses between features of
whole images, computed once (cached), and of random crops and flips, computed in every epoch
(augmented).

The classifier is saved for "cmae predict": in the folder of RUN as probe.safetensors, in place of
an earlier one, or where --save says; one of a checkpoint or a file only where --save says. It
holds the statistics of its BatchNorm, the linear layer, the names of the classes, how images must
look, and a digest of the encoder, so that it is not used with another.`,
		Example: `  cmae linprobe runs/demo
  cmae linprobe runs/demo --set probe.feature=cls --json
  cmae linprobe --init-from vit.safetensors --config configs/demo.yaml --save probe.safetensors
  cmae linprobe --random
  cmae linprobe --pixels --set data.path=images`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.linearProbe(cmd.Context(), &f, args, save)
		},
	}
	f.add(cmd.Flags())
	cmd.Flags().StringVar(
		&save, "save", "",
		"file for the classifier, .safetensors (default: probe.safetensors in the folder of RUN)",
	)
	return cmd
}

// linearProbe evaluates an encoder and keeps the classifier.
func (a *app) linearProbe(
	ctx context.Context, f *evaluationFlags, args []string, save string,
) error {
	if save != "" {
		if err := mustEnd("--save", save, ".safetensors"); err != nil {
			return err
		}
		if !isFolder(filepath.Dir(save)) {
			return usageError{fmt.Errorf("--save: %q: there is no such folder", filepath.Dir(save))}
		}
		if f.random || f.pixels {
			return usageError{
				errors.New(
					"--save: a classifier on random weights or raw pixels has no encoder to " +
						"predict with; leave it out",
				),
			}
		}
	}
	saved := func(e *encoder.Encoder, r evaluate.Result, err error) (evaluate.Result, error) {
		if err == nil && comm.First(a.processes()) {
			r.Saved, err = probe.Keep(e, r, save)
		}
		return r, err
	}
	measure := func(ctx context.Context, e *encoder.Encoder) (evaluate.Result, error) {
		r, err := probe.Run(ctx, e)
		return saved(e, r, err)
	}
	crossValidate := func(
		ctx context.Context, e *encoder.Encoder, folds int,
	) (evaluate.Result, error) {
		r, err := probe.Folds(ctx, e, folds)
		return saved(e, r, err)
	}
	return a.evaluate(ctx, f, args, measure, crossValidate)
}

// keep puts a result into a run's folder, for its report. One that cannot be written to is a
// warning.
func (a *app) keep(run string, k evaluate.Kept) {
	if err := evaluate.Keep(run, k); err != nil {
		a.console().Warn("%v", err)
	}
}

// evaluationFlags name the encoder that a command evaluates, or raw pixels in its place, and how.
type evaluationFlags struct {
	encoderFlags
	pixels bool
	folds  int // 0 evaluates on the test images
}

func (f *evaluationFlags) add(flags *pflag.FlagSet) {
	f.encoderFlags.add(flags)
	flags.BoolVar(&f.pixels, "pixels", false, "evaluate raw pixels: what any encoder has to beat")
	flags.IntVar(
		&f.folds, "folds", 0,
		"evaluate by cross-validation in so many parts of the training images, in place of the "+
			"test images",
	)
}

// evaluate opens the encoder that flags and arguments name, measures it on the test images, or by
// cross-validation where --folds asks for that, and prints the result.
func (a *app) evaluate(
	ctx context.Context, f *evaluationFlags, args []string,
	measure func(context.Context, *encoder.Encoder) (evaluate.Result, error),
	crossValidate func(context.Context, *encoder.Encoder, int) (evaluate.Result, error),
) error {
	if from := cmp.Or(append([]string{f.from}, args...)...); f.pixels && from != "" {
		return excluded("--pixels", from)
	}
	if f.pixels && f.random {
		return usageError{errors.New("--pixels and --random evaluate different things: give one")}
	}
	f.random = f.random || f.pixels
	o, err := f.options(a, args)
	if err != nil {
		return err
	}
	o.Pixels = f.pixels
	return a.shared(o, func(e *encoder.Encoder) error {
		var result evaluate.Result
		var err error
		if f.folds != 0 {
			result, err = crossValidate(ctx, e, f.folds)
		} else {
			result, err = measure(ctx, e)
		}
		if err != nil {
			return err
		}
		if run := e.Run(); run != "" && result.Folds == nil && comm.First(a.processes()) {
			data, err := e.Data(ctx)
			if err != nil {
				return err
			}
			a.keep(run, evaluate.Kept{
				Result: result, Titles: data.Train.Titles(), Subject: evaluate.Trained,
				On: evaluate.BasisOf(e.Config.Data, data, e.Side),
			})
		}
		return a.print(result, func() { result.WriteText(a.out) })
	})
}
