package main

import (
	"errors"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"cmae/internal/kernel/backend"
	"cmae/internal/tools/verify"
)

// errVerify is returned when a file is out of tolerance; the table has said which.
var errVerify = errors.New("verify: out of tolerance")

func newVerifyCmd(a *app) *cobra.Command {
	var engineName, precision string
	cmd := &cobra.Command{
		Use:   "verify FILE...",
		Short: "Compare whole training steps with reference vectors",
		Long: `Run reference vectors (whole training steps of an independent implementation) through the graph, engine, optimizer and heat-map code
that training uses, and print the worst relative error of outputs, losses, gradients, updated weights and boxes. Exits 0 only when all are
within tolerance.`,
		Example: `  cmae verify internal/tools/verify/testdata/*.safetensors
  cmae verify step.safetensors --engine portable --precision f32`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, files []string) error {
			return a.verify(files, engineName, precision)
		},
	}
	cmd.Flags().StringVar(&engineName, "engine", "auto", "engine to run on")
	cmd.Flags().StringVar(&precision, "precision", "f32", "f32 or bf16")
	return cmd
}

func (a *app) verify(files []string, engineName, precision string) error {
	choice, err := backend.Open(engineName, precision, 0)
	if err != nil {
		return usageError{err}
	}
	defer choice.Close()
	var results []*verify.Result
	var failed error
	for _, path := range files {
		r, err := verify.Run(path, choice.Engine, choice.Inner, verify.ToleranceOf(choice.Inner))
		if err != nil {
			return err
		}
		results = append(results, r)
		if !r.Passed() {
			failed = errVerify
		}
	}
	return errors.Join(a.print(results, func() { a.verifyTable(results) }), failed)
}

func (a *app) verifyTable(results []*verify.Result) {
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	fmt.Fprint(w, "file\t")
	for _, k := range verify.Kinds {
		fmt.Fprintf(w, "%s\t", k)
	}
	fmt.Fprintln(w, "verdict")
	for _, r := range results {
		fmt.Fprintf(w, "%s\t", r.File)
		verdict := "pass"
		for _, k := range verify.Kinds {
			fmt.Fprintf(w, "%.1e\t", r.Worst[k].Error)
			if !r.Worst[k].Passed {
				verdict = fmt.Sprintf("FAIL: %s %s", k, r.Worst[k].Tensor)
			}
		}
		fmt.Fprintln(w, verdict)
	}
	w.Flush()
}
