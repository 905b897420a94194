package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"cmae/internal/recipe"
	"cmae/internal/weights"
	"cmae/internal/weights/exchange"
)

func newImportCmd(a *app) *cobra.Command {
	var f settingsFlags
	var out, prefix string
	var side, heads int
	cmd := &cobra.Command{
		Use:   "import FILE",
		Short: "Make an encoder of MAE, MoCo, DeiT, timm or torchvision one that --init-from takes",
		Long: `Read a published vision transformer, or a ResNet-18 or -50 with torchvision's names,
from a safetensors file, or from a folder with model.safetensors (or its shards) and config.json:
take what stands before its names off (module., teacher.; _orig_mod. and the like anywhere;
--prefix where there are several), leave classifier, decoder and momentum copies out, check every
shape, fit the table of positions to another image size (bicubic, as MAE does), and write it as
cmae's. Settings of the model that are not given are read off the shapes. cmae's own positions are
fixed; the table of the file, learned or not, takes their place. Models that do more than a plain
vision transformer or ResNet are refused by the names of what they have more. Names of
Hugging Face's ViT and ViTMAE and of torchvision's are read too. Where the mean of the patches is
normed after pooling (fc_norm), the encoder is written as finetuning leaves one.`,
		Example: `  cmae import mae_pretrain_vit_base.safetensors --out vit-b.safetensors
  cmae import deit_small.safetensors --out deit-s64.safetensors --image-size 64
  cmae import moco_v2_800ep.safetensors --out resnet50.safetensors
  cmae pretrain --init-from vit-b.safetensors --set model.size=base --set model.patch_size=16 --set data.image_size=224`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := mustEnd("--out", out, ".safetensors"); err != nil {
				return err
			}
			if err := creatable(out, args[0]); err != nil {
				return err
			}
			if cmd.Flags().Changed("image-size") {
				f.set = append(f.set, fmt.Sprintf("data.image_size=%d", side))
			}
			if cmd.Flags().Changed("heads") {
				if heads < 1 {
					return usageError{fmt.Errorf("--heads: %d must be 1 or more", heads)}
				}
				f.set = append(f.set, fmt.Sprintf("model.heads=%d", heads))
			}
			return a.importEncoder(&f, args[0], prefix, out)
		},
	}
	f.add(cmd.Flags())
	cmd.Flags().StringVarP(&out, "out", "o", "", "file to write, .safetensors")
	cmd.Flags().StringVar(
		&prefix, "prefix", "",
		"what stands before the names of the encoder, where a file holds several, as in "+
			"teacher.backbone. (default: what is there)",
	)
	cmd.Flags().IntVar(
		&heads, "heads", 0,
		"heads of attention, which shapes do not tell (default: what config.json in a folder "+
			"says, else as usual for the width)",
	)
	cmd.Flags().IntVar(
		&side, "image-size", 0,
		"side in pixels to fit the positions to (default: that of the file)",
	)
	return cmd
}

func (a *app) importEncoder(f *settingsFlags, from, prefix, out string) error {
	p, err := exchange.OpenPublished(from, prefix)
	if err != nil {
		return err
	}
	base, err := p.Config()
	if err != nil {
		return err
	}
	c, err := recipe.LoadReader(base, f.source(a))
	if err != nil && base.Model.Heads < 0 {
		return fmt.Errorf("%w (shapes do not tell model.heads: pass --heads)", err)
	}
	if err != nil {
		return err
	}
	if heads := p.GuessedHeads(); heads > 0 && heads == c.Model.Resolved().Heads {
		a.console().Warn(
			"%s does not say how many heads it has, and shapes do not tell: %d taken, as is usual "+
				"for its width; --heads says another", from, heads,
		)
	}
	r, err := p.Write(out, c)
	if err != nil {
		return err
	}
	if doubt := p.Doubt(); doubt != "" {
		a.console().Warn("weights of %s can hardly be of use: %s", from, doubt)
	}
	return a.print(r, func() { a.importTable(r) })
}

// importTable says what was written, and what --init-from must be told of it.
func (a *app) importTable(r exchange.Imported) {
	for _, name := range r.Dropped {
		fmt.Fprintf(a.out, "dropped %s\n", weights.Shown(name))
	}
	m := r.Settings.Model
	if m.Stem != "" {
		fmt.Fprintf(
			a.out,
			"%s: %d tensors; %s, stem %s, %d channels behind it\nuse it with --init-from %s "+
				"--set model.size=%s --set model.stem=%s --set model.width=%d\n",
			r.Out, r.Tensors, m.Size, m.Stem, m.Width, r.Out, m.Size, m.Stem, m.Width,
		)
		return
	}
	fmt.Fprintf(
		a.out,
		"%s: %d tensors; %d wide, %d deep, %d heads, patches of %d px; positions %dx%d to "+
			"%dx%d\n",
		r.Out, r.Tensors, m.Dim, m.Depth, m.Heads, m.PatchSize, r.GridFrom, r.GridFrom, r.Grid,
		r.Grid,
	)
	fmt.Fprintf(
		a.out,
		"use it with --init-from %s --set model.size=%s --set model.dim=%d "+
			"--set model.depth=%d --set model.heads=%d --set model.mlp_ratio=%.17g "+
			"--set model.patch_size=%d --set data.image_size=%d\n",
		r.Out, m.Size, m.Dim, m.Depth, m.Heads, m.MLPRatio, m.PatchSize,
		r.Settings.Data.ImageSize,
	)
}
