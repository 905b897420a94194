package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"cmae/internal/comm"
	"cmae/internal/method"
	"cmae/internal/recipe"
	"cmae/internal/report"
	"cmae/internal/trainer"
	"cmae/internal/trainer/pretrain"
)

func newPretrainCmd(a *app) *cobra.Command {
	var o pretrainOptions
	cmd := &cobra.Command{
		Use:   "pretrain",
		Short: "Pretrain an encoder on images without labels",
		Long: `Pretrain an encoder by contrastive masked autoencoding, as plain MAE when
contrast.weight and location.weight are 0, or by the method that the setting method names: moco-v1,
moco-v2, moco-v3, each of which brings its own defaults.

data.path is a folder of images, however nested, or a data set with classes and splits, of which
pretraining needs neither.

The run folder gets the resolved settings, metrics.jsonl, train.log and checkpoints. SIGINT,
SIGTERM, SIGHUP and SIGUSR1 save a checkpoint first; a third one stops at once. With --resume the
settings are those of the run unless a file or a flag says otherwise; it gives the same bits as a
run that was never stopped, if threads and replicas stay.`,
		Example: `  cmae pretrain                                       # on the embedded images
  cmae pretrain --config configs/demo.yaml --out runs/demo
  cmae pretrain --set data.path=photos --set data.image_size=64 --set train.epochs=100
  cmae pretrain --set method=moco-v2 --set model.size=resnet18 --set model.width=16
  cmae pretrain --out runs/demo --resume`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context(), a) },
	}
	o.settings.add(cmd.Flags())
	o.runFlags.add(cmd.Flags(), "the configuration's name")
	cmd.Flags().StringVar(
		&o.initFrom, "init-from", "",
		"start from the weights of a run, a checkpoint or a safetensors file",
	)
	cmd.Flags().BoolVar(
		&o.dryRun, "dry-run", false,
		"open images (which caches them), engine and weights, say what would run, and begin no run",
	)
	return cmd
}

// ready is the result of --dry-run.
type ready struct {
	Run   string `json:"run"`
	Ready bool   `json:"ready"`
}

type pretrainOptions struct {
	settings settingsFlags
	runFlags
	initFrom string
	dryRun   bool
}

func (o *pretrainOptions) run(ctx context.Context, a *app) error {
	switch {
	case o.resume != "" && o.initFrom != "":
		return usageError{
			errors.New("--resume goes on with a run and --init-from starts one: give one of them"),
		}
	case o.resume != "" && o.overwrite:
		return errOverwriteResume
	}
	c, err := o.load(a)
	processes, err := a.join(c.Comm, c, err)
	if err != nil {
		return err
	}
	options := pretrain.Options{
		Config: c, Run: o.folder(), Resume: o.resume, Overwrite: o.overwrite,
		InitFrom: o.initFrom, Console: a.console(), Tool: tool(), Processes: processes,
	}
	if o.dryRun {
		if err := pretrain.DryRun(ctx, options); err != nil {
			return err
		}
		return a.print(ready{options.Run, true}, func() {})
	}
	summary, err := pretrain.Pretrain(ctx, options)
	if err != nil {
		return a.interrupted(err, options.Run, resuming(ofPretrain, options.Run))
	}
	if comm.First(processes) {
		a.reportEnd(summary.Run)
		run := report.Quoted(summary.Run)
		a.console().Log("next: cmae report %s; cmae linprobe %s; cmae map %s", run, run, run)
	}
	return a.print(summary, func() {
		fmt.Fprintf(
			a.out, "%s, %s, loss %.4f%s\n%s\n", report.Count(summary.Epochs, "epoch"),
			report.Count(summary.Steps, "step"), summary.Loss, trainer.Rolled(summary.Rollbacks),
			report.Printable(summary.Checkpoint),
		)
	})
}

// load resolves the settings: what file and flags make of the resumed run's, else of the defaults.
func (o *pretrainOptions) load(a *app) (recipe.Pretrain, error) {
	path, text := settingsToResume(o.folder(), o.resume, o.settings)
	if text == nil {
		return o.settings.load(a, method.Default())
	}
	if recipe.IsFinetune(text) {
		return recipe.Pretrain{}, otherCommand(path, "finetuning", ofFinetune)
	}
	base, err := method.All().Decode(path, text)
	if err != nil {
		return base, err
	}
	return method.Load(base, o.settings.source(a))
}

// folder is where the run goes.
func (o *pretrainOptions) folder() string { return o.runFlags.folder(o.settings, ofPretrain) }
