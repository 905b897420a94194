package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"cmae/internal/picture"
)

func newReconstructCmd(a *app) *cobra.Command {
	var f pictureFlags
	cmd := &cobra.Command{
		Use:   "reconstruct [RUN]",
		Short: "Draw what the decoder makes of masked test images",
		Long: `Draw test images as a PNG file: original, with hidden patches gray, as predicted by the decoder, and the prediction pasted between the
visible patches. RUN is a run, one of its checkpoints or a safetensors file with a decoder. With reconstruct.norm_pix the picture says what of
it was not predicted.`,
		Example: `  cmae reconstruct runs/demo
  cmae reconstruct runs/demo --count 4 --seed 7 --set mask.ratio=0.5 --out half.png`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.draw(cmd.Context(), a, args, "reconstruct.png", picture.Reconstructions)
		},
	}
	f.add(cmd.Flags())
	return cmd
}

// pictureFlags are those of commands that draw images.
type pictureFlags struct {
	encoderFlags
	out   string
	count int
	seed  uint64
}

func (f *pictureFlags) add(flags *pflag.FlagSet) {
	f.encoderFlags.add(flags)
	flags.StringVarP(&f.out, "out", "o", "", "PNG file (default: in the folder pictures of the run, or here)")
	flags.IntVar(&f.count, "count", 8, "number of images, 1 to 64")
	flags.Uint64Var(&f.seed, "seed", 1, "chooses the images, and their masks or crops")
}

// drawn is the result of a command that draws.
type drawn struct {
	Picture string `json:"picture"`
}

func (f *pictureFlags) draw(ctx context.Context, a *app, args []string, name string, draw func(context.Context, *picture.Subject, string, picture.Sample) error) error {
	if f.count < 1 || f.count > 64 {
		return usageError{fmt.Errorf("--count: %d must be 1 to 64", f.count)}
	}
	if f.out != "" && filepath.Ext(f.out) != ".png" {
		return usageError{fmt.Errorf("--out: %q must end in .png", f.out)}
	}
	from, c, err := f.resolve(a, args)
	if err != nil {
		return err
	}
	s, err := picture.Open(ctx, picture.Options{Config: c, From: from, Console: a.console()})
	if err != nil {
		return err
	}
	defer s.Close()
	path := f.out
	if path == "" {
		path = picturePath(from, name)
	}
	if err := draw(ctx, s, path, picture.Sample{Count: f.count, Seed: f.seed}); err != nil {
		return err
	}
	return a.print(drawn{path}, func() { fmt.Fprintln(a.out, path) })
}

// picturePath is where a picture goes that nobody named: to the run's other pictures, or to the working folder.
func picturePath(run, name string) string {
	if info, err := os.Stat(filepath.Join(run, "metrics.jsonl")); run != "" && err == nil && info.Mode().IsRegular() {
		return filepath.Join(picture.Folder(run), name)
	}
	return name
}
