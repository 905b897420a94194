package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"cmae/internal/evaluate"
	"cmae/internal/evaluate/judge"
)

func newLinprobeCmd(a *app) *cobra.Command {
	var f judgeFlags
	var save string
	cmd := &cobra.Command{
		Use:     "linprobe [RUN]",
		Aliases: []string{"linear-probe"},
		Short:   "Judge a frozen encoder by a linear classifier on its features",
		Long: `Train a linear classifier on the features of a frozen encoder and report its accuracy on the test images. RUN is a run, one of its
checkpoints or a safetensors file; the data is that of the run unless a setting says otherwise. probe.protocol chooses between features of
whole images, computed once (cached), and of random crops and flips, computed in every epoch (augmented).

The classifier is saved for "cmae predict": in the folder of RUN as probe.safetensors, in place of an earlier one, or where --save says; one of a
checkpoint or a file only where --save says. It holds the statistics of its BatchNorm, the linear layer, the names of the classes, how images
must look, and a digest of the encoder, so that it is not used with another.`,
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

// linearProbe judges an encoder and keeps the classifier.
func (a *app) linearProbe(ctx context.Context, f *judgeFlags, args []string, save string) error {
	if save != "" {
		if filepath.Ext(save) != ".safetensors" {
			return usageError{fmt.Errorf("--save: %q must end in .safetensors", save)}
		}
		if info, err := os.Stat(filepath.Dir(save)); err != nil || !info.IsDir() {
			return usageError{fmt.Errorf("--save: %q: there is no such folder", filepath.Dir(save))}
		}
		if f.random || f.pixels {
			return usageError{
				errors.New(
					"--save: a classifier on random weights or raw pixels has no encoder to predict with; leave it out",
				),
			}
		}
	}
	return a.judge(ctx, f, args, func(
		s *judge.Subject, ctx context.Context,
	) (evaluate.Result, error) {
		r, err := s.LinearProbe(ctx)
		if err != nil {
			return r, err
		}
		r.Saved, err = s.KeepProbe(r, save)
		return r, err
	})
}

// judgeFlags are those of commands that judge an encoder, or raw pixels in its place.
type judgeFlags struct {
	encoderFlags
	pixels bool
}

func (f *judgeFlags) add(flags *pflag.FlagSet) {
	f.encoderFlags.add(flags)
	flags.BoolVar(&f.pixels, "pixels", false, "judge raw pixels: what any encoder has to beat")
}

// judge opens the encoder that flags and arguments name, measures it and prints the result.
func (a *app) judge(
	ctx context.Context, f *judgeFlags, args []string,
	measure func(*judge.Subject, context.Context) (evaluate.Result, error),
) error {
	if encoder := cmp.Or(append([]string{f.from}, args...)...); f.pixels && encoder != "" {
		return excluded("--pixels", encoder)
	}
	f.random = f.random || f.pixels
	from, c, err := f.resolve(a, args)
	if err != nil {
		return err
	}
	subject, err := judge.Open(
		ctx, judge.Options{Config: c, From: from, Pixels: f.pixels, Console: a.console()},
	)
	if err != nil {
		return err
	}
	defer subject.Close()
	result, err := measure(subject, ctx)
	if err != nil {
		return err
	}
	return a.print(result, func() { result.WriteText(a.out) })
}
