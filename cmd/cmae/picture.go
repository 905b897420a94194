package main

import (
	"context"
	"fmt"

	"github.com/spf13/pflag"

	"cmae/internal/evaluate/encoder"
	"cmae/internal/report"
	"cmae/internal/report/picture"
	"cmae/internal/rundir"
)

// sampleFlags choose the images that a command draws, and the file of its picture.
type sampleFlags struct {
	out   string
	count int
	seed  uint64
}

func (f *sampleFlags) add(flags *pflag.FlagSet) {
	flags.StringVarP(
		&f.out, "out", "o", "", "PNG file (default: in the folder pictures of the run, or here)",
	)
	flags.IntVar(&f.count, "count", 8, "number of images, 1 to 64")
	flags.Uint64Var(&f.seed, "seed", 1, "chooses the images, and their masks or crops")
}

func (f *sampleFlags) sample() picture.Sample {
	return picture.Sample{Count: f.count, Seed: f.seed}
}

// path is where the picture goes: to --out, or by name to the pictures of run.
func (f *sampleFlags) path(run, name string) (string, error) {
	if f.count < 1 || f.count > 64 {
		return "", usageError{fmt.Errorf("--count: %d must be 1 to 64", f.count)}
	}
	if f.out == "" {
		return rundir.Picture(run, name), nil
	}
	return f.out, mustEnd("--out", f.out, ".png")
}

// drawn is the result of a command that draws.
type drawn struct {
	Picture string `json:"picture"`
}

// pictureFlags are the flags of commands that draw what a model makes of images.
type pictureFlags struct {
	encoderFlags
	sampleFlags
}

func (f *pictureFlags) add(flags *pflag.FlagSet) {
	f.encoderFlags.add(flags)
	f.sampleFlags.add(flags)
}

// draw opens the encoder that flags and arguments name and draws it.
func (f *pictureFlags) draw(
	ctx context.Context, a *app, args []string, name string,
	draw func(context.Context, *encoder.Encoder, string, picture.Sample) error,
) error {
	if _, err := f.path("", name); err != nil {
		return err
	}
	o, err := f.options(a, args)
	if err != nil {
		return err
	}
	o.Maps = true
	return read(o, func(e *encoder.Encoder) error {
		path, err := f.path(e.From, name)
		if err != nil {
			return err
		}
		if err := draw(ctx, e, path, f.sample()); err != nil {
			return err
		}
		return a.print(drawn{path}, func() { fmt.Fprintln(a.out, report.Printable(path)) })
	})
}
