package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"cmae/internal/config"
	"cmae/internal/fault"
	"cmae/internal/trainer"
	"cmae/internal/trainer/finetune"
	"cmae/internal/trainer/pretrain"
)

func newReplayCmd(a *app) *cobra.Command {
	var settings settingsFlags
	var engine string
	cmd := &cobra.Command{
		Use:   "replay BUNDLE",
		Short: "Repeat a step that diverged, and find the operation where it did",
		Long: `Repeat the step that a run of pretrain or finetune has kept of a loss or gradient that
was not finite: BUNDLE is the folder diverged/step-N of the run, or the run. The result names the
first operation whose result is not finite while all that it reads is, with its layer, the pass, and
what the arrays held. It says, too, whether the losses and gradients of the repetition are finite:
with --set precision=f32 or another engine the step may well stay finite.

One replica computes the whole batch, however many replicas or processes did in the run. Nothing of
the run is changed. The exit code is 0 where the step could be repeated, whatever it came to.`,
		Example: `  cmae replay runs/demo/diverged/step-812
  cmae replay runs/demo --engine portable
  cmae replay runs/demo --set precision=f32 --json`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			source := settings.source(a)
			if engine != "" {
				source.Set = append(source.Set, "engine="+engine)
			}
			return a.replay(args[0], source)
		},
	}
	cmd.Flags().StringVar(&engine, "engine", "", "engine to run on (default the run's)")
	cmd.Flags().StringArrayVar(
		&settings.set, "set", nil,
		"change what computes, as in --set precision=f32: engine, precision or threads",
	)
	return cmd
}

func (a *app) replay(path string, source config.Source) error {
	b, err := trainer.OpenBundle(path)
	if err != nil {
		return err
	}
	var found *trainer.Replay
	switch b.Divergence.Command {
	case ofPretrain:
		found, err = pretrain.Replay(b, source)
	case ofFinetune:
		found, err = finetune.Replay(b, source)
	default:
		err = fmt.Errorf(
			"replay: %w: %q is of the command %q, which this program does not repeat",
			fault.Mismatch, path, b.Divergence.Command,
		)
	}
	if err != nil {
		return err
	}
	return a.print(found, func() { fmt.Fprint(a.out, found) })
}
