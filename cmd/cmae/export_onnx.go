package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/pflag"

	"cmae/internal/evaluate/encoder"
	"cmae/internal/evaluate/probe"
	"cmae/internal/weights/exchange"
)

// onnxFlags are what export takes for ONNX.
type onnxFlags struct {
	format, probe string
	batch         int
	normalize     bool
}

func (x *onnxFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(
		&x.format, "format", "", "safetensors or onnx (default: as the end of --out says)",
	)
	flags.IntVar(&x.batch, "batch", 0, "onnx: images at a time; 0 takes any number")
	flags.BoolVar(
		&x.normalize, "normalize", false,
		"onnx: take pixels from 0 to 1, and normalise them inside",
	)
	flags.StringVar(&x.probe, "probe", "", "onnx: file of a linear probe to go with the encoder")
}

// chosen says that out is to be an ONNX file.
func (x onnxFlags) chosen(out string) bool {
	return x.format == "onnx" || x.format == "" && filepath.Ext(out) == ".onnx"
}

// refuse refuses what another format does not have.
func (x onnxFlags) refuse() error {
	switch {
	case x.format != "" && x.format != "safetensors":
		return usageError{fmt.Errorf("--format: %q is not one of safetensors, onnx", x.format)}
	case x.batch != 0, x.normalize, x.probe != "":
		return usageError{
			errors.New("--batch, --normalize and --probe belong to --format onnx: leave them out"),
		}
	}
	return nil
}

func (a *app) exportONNX(
	f *encoderFlags, args []string, o exchange.ExportOptions, x onnxFlags,
) error {
	if err := mustEnd("--out", o.Out, ".onnx"); err != nil {
		return err
	}
	switch {
	case o.Decoder:
		return usageError{errors.New("--decoder: an ONNX file has none; leave it out")}
	case x.probe != "" && o.Momentum:
		return usageError{
			errors.New("--probe is of the trained encoder: leave it or --momentum out"),
		}
	case x.batch < 0:
		return usageError{fmt.Errorf("--batch: %d must be 0 or more", x.batch)}
	}
	if err := creatable(o.Out); err != nil {
		return err
	}
	return f.read(a, args, func(e *encoder.Encoder) error {
		options := exchange.ONNXOptions{
			Out: o.Out, Momentum: o.Momentum, Batch: x.batch, Normalize: x.normalize,
			Producer: tool(),
		}
		if x.probe != "" {
			p, err := probe.Of(e, x.probe)
			if err != nil {
				return err
			}
			options.Probe = &p.Head
		}
		r, err := exchange.ExportONNX(e, options)
		if err == nil {
			err = modelCard(e, o)
		}
		if err != nil {
			return err
		}
		return a.print(r, func() {
			fmt.Fprintf(
				a.out, "%s: images of %d px to %s\n", r.Out, r.Side, strings.Join(r.Outputs, ", "),
			)
		})
	})
}
