package main

import (
	"context"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"cmae/internal/evaluate"
	"cmae/internal/judge"
)

func newLinprobeCmd(a *app) *cobra.Command {
	var f judgeFlags
	cmd := &cobra.Command{
		Use:     "linprobe [RUN]",
		Aliases: []string{"linear-probe"},
		Short:   "Judge a frozen encoder by a linear classifier on its features",
		Long: `Train a linear classifier on the features of a frozen encoder and report its accuracy on the test images. RUN is a run, one of its
checkpoints or a safetensors file; the data is that of the run unless a setting says otherwise. probe.protocol chooses between features of
whole images, computed once (cached), and of random crops and flips, computed in every epoch (augmented).`,
		Example: `  cmae linprobe runs/demo
  cmae linprobe runs/demo --set probe.feature=cls --json
  cmae linprobe --init-from vit.safetensors --config configs/demo.yaml
  cmae linprobe --random
  cmae linprobe --pixels --set data.path=images`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.judge(cmd.Context(), &f, args, (*judge.Subject).LinearProbe)
		},
	}
	f.add(cmd.Flags())
	return cmd
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
func (a *app) judge(ctx context.Context, f *judgeFlags, args []string, measure func(*judge.Subject, context.Context) (evaluate.Result, error)) error {
	f.random = f.random || f.pixels
	from, c, err := f.resolve(a, args)
	if err != nil {
		return err
	}
	subject, err := judge.Open(ctx, judge.Options{Config: c, From: from, Pixels: f.pixels, Console: a.console()})
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
