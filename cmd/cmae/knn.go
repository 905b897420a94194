package main

import (
	"github.com/spf13/cobra"

	"cmae/internal/evaluate/knn"
)

func newKNNCmd(a *app) *cobra.Command {
	var f evaluationFlags
	cmd := &cobra.Command{
		Use:   "knn [RUN]",
		Short: "Evaluate a frozen encoder by its nearest neighbours",
		Long: `Classify each test image by a vote of the training images nearest to it in feature
space, weighted by exp(cosine/tau), and report the accuracy. RUN is a run, one of its checkpoints
or a safetensors file.`,
		Example: `  cmae knn runs/demo
  cmae knn runs/demo --set probe.knn_k=10 --json
  cmae knn --random`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.evaluate(cmd.Context(), &f, args, knn.Run, knn.Folds)
		},
	}
	f.add(cmd.Flags())
	return cmd
}
