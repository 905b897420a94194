package main

import (
	"github.com/spf13/cobra"

	"cmae/internal/method"
	"cmae/internal/tools/summary"
)

func newSummaryCmd(a *app) *cobra.Command {
	var f settingsFlags
	cmd := &cobra.Command{
		Use:   "summary",
		Short: "Print what a configuration will cost: parameters, operations, memory",
		Long: `Print parameters and floating-point operations of encoder, decoder, heads and
momentum copies, and the memory that a run will take, without running anything. The data is opened
only when data.image_size does not say how large the images are.`,
		Example: `  cmae summary
  cmae summary --config configs/demo.yaml --json
  cmae summary --set model.size=base --set model.patch_size=16 --set data.image_size=224`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := f.load(a, method.Default())
			if err != nil {
				return err
			}
			s, err := summary.New(cmd.Context(), c, a.console())
			if err != nil {
				return err
			}
			for _, w := range s.Warnings {
				a.console().Warn("%s", w)
			}
			return a.print(s, func() { s.WriteText(a.out) })
		},
	}
	f.add(cmd.Flags())
	return cmd
}
