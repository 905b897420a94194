package main

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"cmae/internal/atomicfile"
	"cmae/internal/method"
	"cmae/internal/recipe"
	"cmae/internal/tools/rates"
)

func newRatesCmd(a *app) *cobra.Command {
	var f settingsFlags
	var o rates.Options
	var out string
	cmd := &cobra.Command{
		Use:   "rates",
		Short: "Look for a learning rate",
		Long: `Train some steps with a learning rate that grows from step to step, and draw the loss
over it: it falls fastest somewhere, is lowest further up, and then breaks. Rates worth trying for a
long run lie between the first two, nearer to the first. Nothing of the training is kept.`,
		Example: `  cmae rates --config my.yaml
  cmae rates --set data.path=photos --set data.image_size=64 --steps 200 --low 1e-6`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := f.load(a, method.Default())
			if err != nil {
				return err
			}
			if err := o.Check(); err != nil {
				return usageError{err}
			}
			return a.rates(cmd.Context(), c, o, out)
		},
	}
	f.add(cmd.Flags())
	cmd.Flags().IntVar(&o.Steps, "steps", 100, "steps, each at a rate of its own")
	cmd.Flags().Float64Var(&o.Low, "low", 1e-5, "optim.base_lr of the first step")
	cmd.Flags().Float64Var(&o.High, "high", 1, "optim.base_lr of the last step")
	cmd.Flags().StringVarP(&out, "out", "o", "rates.png", "picture to write, .png or .svg")
	return cmd
}

// tried is the result of a test of rates.
type tried struct {
	*rates.Result
	Out string `json:"out"`
}

func (a *app) rates(ctx context.Context, c recipe.Pretrain, o rates.Options, out string) error {
	if err := mustEnd("--out", out, ".png", ".svg"); err != nil {
		return err
	}
	if err := creatable(out); err != nil {
		return err
	}
	r, err := rates.Run(ctx, c, o, a.console())
	if err != nil {
		return err
	}
	picture, err := r.Draw("Learning rates of "+method.Of(c).Title(c), filepath.Ext(out))
	if err != nil {
		return err
	}
	if err := atomicfile.Write(out, picture, 0o644); err != nil {
		return fmt.Errorf("rates: %w", err)
	}
	return a.print(tried{r, out}, func() {
		r.WriteText(a.out)
		fmt.Fprintln(a.out, out)
	})
}
