package main

import (
	"io"

	"github.com/spf13/cobra"

	"cmae/internal/comm/mpi"
	"cmae/internal/report"
)

// app is what commands work with: where they write, and the environment that settings may come
// from.
type app struct {
	out, errOut io.Writer
	environ     []string
	args        []string // the command line
	quiet, json bool
	world       *mpi.World // the processes that this one has joined, or nil
}

// console shows progress on standard error.
func (a *app) console() *report.Console { return report.NewConsole(a.errOut, a.quiet) }

func newRootCmd(a *app) *cobra.Command {
	root := &cobra.Command{
		Use:   "cmae",
		Short: "Pretrain vision transformers without labels, and measure what they learned",
		Long: `cmae pretrains vision transformers by contrastive masked autoencoding (arXiv
2205.10546): masked pixel reconstruction through a deliberately weak decoder, contrast with a
momentum encoder, and prediction of each visible token's place. The setting method takes MoCo-v1,
-v2 or -v3 in its place, for ResNet-18 and -50 too.

Without a configuration it works on images that it carries: try "cmae demo".

Exit codes: 0 done, 1 failed, 2 usage or settings, 3 data, 4 checkpoint, 5 diverged, 128 + the
signal's number after a signal (130 for SIGINT, 143 for SIGTERM). A run that trains saves a
checkpoint before a signal ends it.`,
		Version:       versionLine(),
		Args:          cobra.NoArgs,
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetOut(a.out)
	root.SetErr(a.errOut)
	root.SetFlagErrorFunc(a.flagError)
	root.SetVersionTemplate("{{.Version}}\n")
	root.PersistentFlags().BoolVarP(
		&a.quiet, "quiet", "q", false, "show warnings and the result only",
	)
	root.PersistentFlags().BoolVar(
		&a.json, "json", false,
		"print the result as JSON on standard output, and nothing else there",
	)
	root.AddCommand(
		newPretrainCmd(a), newFinetuneCmd(a), newLinprobeCmd(a), newKNNCmd(a), newDemoCmd(a),
		newReconstructCmd(a), newAttentionCmd(a), newPCACmd(a), newPlotCmd(a), newReportCmd(a),
		newMapCmd(a), newNeighborsCmd(a), newWatchCmd(a), newCropsCmd(a), newViewsCmd(a),
		newPredictCmd(a), newEmbedCmd(a), newExportCmd(a), newImportCmd(a), newSummaryCmd(a),
		newAblateCmd(a), newAblateDecoderCmd(a, "ablate-decoder"), newVerifyCmd(a),
		newReplayCmd(a), newDoctorCmd(a), newBenchCmd(a), newConfigCmd(a), newDataCmd(a),
		newRatesCmd(a), newDocsCmd(a), newVersionCmd(a),
	)
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	for _, cmd := range root.Commands() {
		switch cmd.Name() { // cobra's own, which would exit with 0 whatever they are asked for
		case "help":
			cmd.Args = helpTopic
		case "completion":
			cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
		}
	}
	usageErrors(root)
	complete(root)
	return root
}
