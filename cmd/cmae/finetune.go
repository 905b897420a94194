package main

import (
	"context"
	"errors"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"cmae/internal/comm"
	"cmae/internal/config"
	"cmae/internal/recipe"
	"cmae/internal/rundir"
	"cmae/internal/rundir/checkpoint"
	"cmae/internal/trainer/finetune"
	"cmae/internal/weights"
)

func newFinetuneCmd(a *app) *cobra.Command {
	var o finetuneOptions
	cmd := &cobra.Command{
		Use:   "finetune [RUN]",
		Short: "Train a whole encoder with a classifier on labels",
		Long: `Train a pretrained encoder with a linear classifier on the mean of its patch tokens,
by MAE's recipe: layer-wise learning rates, drop path, RandAugment, random erasing, mixup, cutmix,
label smoothing. RUN is a run, one of its checkpoints or a safetensors file with timm's names, or
torchvision's for a ResNet, which gets its layer fc as classifier; encoder and data are those of
the run unless a setting says otherwise.
--scratch trains the same from random weights.

The settings are not those of pretrain: --show-config prints them. After every epoch the classifier
is evaluated on the test images; best follows that, the result is the last epoch's. The run folder
also gets pictures/confusion.png. Signals save a checkpoint as in pretrain; --resume goes on from
it and gives the same bits as a run that was never stopped.`,
		Example: `  cmae finetune runs/demo --set train.epochs=20
  cmae finetune runs/cifar10-cmae --config configs/mini/cifar10-finetune.yaml --out runs/cifar10-tuned
  cmae finetune --init-from vit.safetensors --set model.size=base --set model.patch_size=16 --set data.path=images
  cmae finetune --init-from resnet50.safetensors --reset-head --set model.size=resnet50 --set model.stem=imagenet --set train.drop_path=0
  cmae finetune --scratch --set data.path=images --out runs/scratch
  cmae finetune --out runs/cifar10-tuned --resume
  cmae finetune runs/demo --show-config > finetune.yaml`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.run(cmd.Context(), a, args)
		},
	}
	o.add(cmd.Flags())
	return cmd
}

type finetuneOptions struct {
	settings settingsFlags
	runFlags
	from                     string
	scratch, resetHead, show bool
}

func (o *finetuneOptions) add(flags *pflag.FlagSet) {
	o.settings.add(flags)
	flags.Lookup("config").Usage = `YAML file with settings; see --show-config for all of them`
	flags.StringVar(
		&o.from, "from", "",
		"run, checkpoint or safetensors file to start from (also as an argument)",
	)
	flags.StringVar(&o.from, "init-from", "", "the same as --from")
	flags.BoolVar(&o.scratch, "scratch", false, "start from random weights")
	flags.BoolVar(
		&o.resetHead, "reset-head", false,
		"leave the classifier of the weights behind, as when its classes are others",
	)
	o.runFlags.add(flags, "the name of RUN or of the configuration")
	flags.BoolVar(
		&o.show, "show-config", false, "print the settings, with comments, and do nothing",
	)
}

func (o *finetuneOptions) run(ctx context.Context, a *app, args []string) error {
	var err error
	if o.from, err = named(o.from, args); err != nil {
		return err
	}
	if o.resume != "" && o.from == string(rundir.ResumeAuto) {
		return usageError{
			errors.New("auto stands where the encoder does; did you mean --resume=auto?"),
		}
	}
	if o.resume != "" && o.overwrite {
		return errOverwriteResume
	}
	base, goesOn, err := o.base()
	c, source := base, o.settings.source(a)
	if err == nil {
		err = config.Load(&c, source)
	}
	if goesOn && c.Recipe == recipe.Auto {
		c.Recipe = base.Recipe // what auto came to when the run began
	}
	if o.show && err == nil {
		return a.printSettings(c, base)
	}
	processes, err := a.join(c.Comm, c, err)
	if err != nil {
		return err
	}
	if !goesOn && o.resume != rundir.ResumeLast {
		c, err = finetune.Settle(ctx, c, base, source, a.console(), processes)
		if err != nil {
			return err
		}
	}
	summary, err := finetune.Run(ctx, finetune.Options{
		Config: c, Run: o.folder(), From: o.from, Scratch: o.scratch, ResetHead: o.resetHead,
		Resume: o.resume, Overwrite: o.overwrite, Console: a.console(), Tool: tool(),
		Processes: processes,
	})
	if err != nil {
		return a.interrupted(err, o.folder(), resuming(ofFinetune, o.folder()))
	}
	if comm.First(processes) {
		a.reportEnd(summary.Run)
	}
	var failed error
	return errors.Join(a.print(summary, func() { failed = summary.WriteText(a.out) }), failed)
}

// base is the settings that file and flags change: the run's where it goes on, else what it starts
// from has.
func (o *finetuneOptions) base() (c recipe.Finetune, goesOn bool, err error) {
	path, text := settingsToResume(o.folder(), o.resume, o.settings)
	anew := text == nil || o.resume == rundir.ResumeAuto && !checkpoint.Any(o.folder())
	if anew && (o.from == "") != o.scratch && !(o.show && o.from == "") {
		return c, false, usageError{
			errors.New("give an encoder: a run, a checkpoint or a safetensors file, or --scratch"),
		}
	}
	if text != nil && !recipe.IsFinetune(text) {
		return c, true, otherCommand(path, "pretraining", ofPretrain)
	}
	if text != nil {
		c, err = recipe.LoadFinetune(path, text)
		return c, true, err
	}
	if o.from == "" {
		return recipe.DefaultFinetune(), false, nil
	}
	file, err := weights.Open(o.from)
	if err != nil || file.Config == nil {
		return recipe.DefaultFinetune(), false, err
	}
	path = filepath.Join(file.Path, checkpoint.SettingsFile)
	if c, err := recipe.LoadFinetune(path, file.Config); err == nil {
		return c, false, nil
	}
	pretrained, err := recipe.OfWeights(file.Path, file.Config)
	return recipe.FinetuneFor(pretrained), false, err
}

// folder is where the run goes: by what it starts from, unless --out says otherwise.
func (o *finetuneOptions) folder() string {
	if o.out == "" && o.from != "" {
		return filepath.Join(
			"runs", strings.TrimSuffix(rundir.Name(o.from), ".safetensors")+"-finetuned",
		)
	}
	return o.runFlags.folder(o.settings, ofFinetune)
}
