package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"cmae/internal/evaluate/encoder"
	"cmae/internal/report/runpage"
	"cmae/internal/rundir"
	"cmae/internal/rundir/checkpoint"
	"cmae/internal/weights/exchange"
)

func newExportCmd(a *app) *cobra.Command {
	var f encoderFlags
	var o exchange.ExportOptions
	var x onnxFlags
	cmd := &cobra.Command{
		Use:   "export RUN",
		Short: "Write an encoder as timm, torchvision and ONNX Runtime load it",
		Long: `Write the encoder of RUN, a run, one of its checkpoints or a safetensors file, under
the names of timm and MAE, with the settings that its images need in the metadata. FILE.json beside
it is what timm must be told: model_args are the arguments of timm's VisionTransformer, and as
config.json in a folder with model.safetensors the two load by
timm.create_model("local-dir:FOLDER"). A ResNet has the names of torchvision and timm; where its
stem is that for small images, FILE.json says what to change in theirs. Heads of pretraining and
momentum copies stay behind; a finetuned run goes with its classifier and the names of its classes.
cmae takes the file wherever it takes a run. Beside an export of a run FILE.md is its model card:
data, settings, results.

--format onnx writes an encoder for ONNX Runtime and others: from images to features and, where it
was finetuned or --probe names a linear probe, logits. A ResNet's BatchNorms are part of its
convolutions. The names of the classes and how images must look are in its metadata; --normalize
takes pixels from 0 to 1.`,
		Example: `  cmae export runs/demo --out encoder.safetensors
  cmae export runs/demo --out encoder.safetensors --momentum --set probe.feature=cls
  cmae export runs/demo --out mae.safetensors --decoder --json
  cmae export runs/demo --out encoder.onnx --probe runs/demo/probe.safetensors --normalize`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if x.chosen(o.Out) {
				return a.exportONNX(&f, args, o, x)
			}
			return a.export(&f, args, o, x)
		},
	}
	f.settingsFlags.add(cmd.Flags())
	cmd.Flags().StringVarP(&o.Out, "out", "o", "", "file to write, .safetensors or .onnx")
	x.add(cmd.Flags())
	cmd.Flags().BoolVar(&o.Momentum, "momentum", false, "export the momentum encoder")
	cmd.Flags().BoolVar(
		&o.Decoder, "decoder", false,
		"export the decoder too, under MAE's names; timm then has to load with strict=False",
	)
	return cmd
}

func (a *app) export(f *encoderFlags, args []string, o exchange.ExportOptions, x onnxFlags) error {
	if err := x.refuse(); err != nil {
		return err
	}
	if err := checkExport(o, args[0]); err != nil {
		return err
	}
	return f.read(a, args, func(e *encoder.Encoder) error {
		r, err := exchange.Export(e, o)
		if err == nil {
			err = modelCard(e, o)
		}
		if err != nil {
			return err
		}
		return a.print(r, func() {
			fmt.Fprintf(
				a.out, "%s: %d tensors, %d values; %s tells timm how to load it\n", r.Out,
				r.Tensors, r.Parameters, r.Sidecar,
			)
		})
	})
}

// modelCard writes FILE.md beside an export of a run.
func modelCard(e *encoder.Encoder, o exchange.ExportOptions) error {
	run := e.Run()
	if run == "" || !rundir.Folder(run).Begun() {
		return nil
	}
	variant := ""
	if o.Momentum {
		variant = "They are those of the run's momentum encoder, which the results below are " +
			"not of."
	} else if side := e.Config.Data.ImageSize; side != 0 && e.File.Side != 0 &&
		side != e.File.Side {
		variant = fmt.Sprintf(
			"They take images of %d px, where the run, and the results below, have %d.", side,
			e.File.Side,
		)
	}
	card := strings.TrimSuffix(o.Out, filepath.Ext(o.Out)) + ".md"
	return runpage.WriteCard(card, run, filepath.Base(o.Out), variant, tool())
}

// checkExport refuses options that cannot be, before anything is read.
func checkExport(o exchange.ExportOptions, from string) error {
	if err := mustEnd("--out", o.Out, ".safetensors"); err != nil {
		return err
	}
	beside := filepath.Join(filepath.Dir(o.Out), checkpoint.ManifestFile)
	if _, err := os.Stat(beside); err == nil {
		return usageError{fmt.Errorf(
			"--out: %q lies in a checkpoint, which would be damaged; write elsewhere", o.Out,
		)}
	}
	if o.Momentum && o.Decoder {
		return usageError{errors.New(
			"--decoder: the momentum encoder has none; leave --momentum or --decoder out",
		)}
	}
	return creatable(o.Out, from)
}
