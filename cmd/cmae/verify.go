package main

import (
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"cmae/internal/kernel"
	"cmae/internal/kernel/backend"
	"cmae/internal/kernel/portable"
	"cmae/internal/tools/verify"
)

// errVerify is returned when a file is out of tolerance; the table has said which.
var errVerify = errors.New("verify: out of tolerance")

func newVerifyCmd(a *app) *cobra.Command {
	var engineName, precision string
	cmd := &cobra.Command{
		Use:   "verify FILE...",
		Short: "Compare whole training steps with reference vectors",
		Long: `Run reference vectors (whole training steps of an independent implementation)
through the graph, engine, optimizer and heat-map code that training uses, and print the worst
relative error of outputs, losses, gradients, updated weights and boxes. Exits 0 only when all are
within tolerance.

ResNets are held to it with --precision f64: in float32 single gradients differ between any two
implementations, as ReLUs whose input is near zero pass a gradient in one and not in the other. An
error with a star is above the usual tolerance in a step that enlarges rounding; the line below the
table says how far one rounding to float32 moves the number, and how far off it may be.`,
		Example: `  cmae verify internal/tools/verify/testdata/*.safetensors
  cmae verify step.safetensors --engine portable --precision f64`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, files []string) error {
			return a.verify(files, engineName, precision)
		},
	}
	cmd.Flags().StringVar(&engineName, "engine", "auto", "engine to run on")
	cmd.Flags().StringVar(
		&precision, "precision", "f32", "f32, bf16, or f64 (the portable engine's)",
	)
	return cmd
}

func (a *app) verify(files []string, engineName, precision string) error {
	choice, err := openToVerify(engineName, precision)
	if err != nil {
		return usageError{err}
	}
	defer choice.Close()
	var results []*verify.Result
	var failed error
	for _, path := range files {
		r, err := verify.Run(path, choice.Engine, choice.ComputeType)
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

// openToVerify opens an engine with the precisions of training, and float64, for which auto takes
// the portable engine: others have no float64.
func openToVerify(name, precision string) (*backend.Choice, error) {
	if precision != kernel.F64.String() {
		return backend.Open(name, precision, 0)
	}
	if name != backend.Auto && name != portable.Name {
		return nil, fmt.Errorf("--precision f64 is of engine %s, not of %s", portable.Name, name)
	}
	name = portable.Name
	choice, err := backend.Open(name, kernel.F32.String(), 0)
	if err == nil {
		choice.ComputeType = kernel.F64
	}
	return choice, err
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
			worst, compared := r.Worst[k]
			switch {
			case !compared:
				fmt.Fprint(w, "-\t")
			case worst.Rounding > 0:
				fmt.Fprintf(w, "%.1e*\t", worst.Error)
			default:
				fmt.Fprintf(w, "%.1e\t", worst.Error)
			}
			if compared && !worst.Passed {
				verdict = fmt.Sprintf("FAIL: %s %s", k, worst.Tensor)
			}
		}
		fmt.Fprintln(w, verdict)
	}
	w.Flush()
	for _, r := range results {
		a.verifyNotes(r)
	}
}

// verifyNotes says what stands behind a file's stars, and what the file has that was not compared.
func (a *app) verifyNotes(r *verify.Result) {
	var moved []string
	for _, k := range verify.Kinds {
		if w := r.Worst[k]; w.Rounding > 0 {
			moved = append(
				moved, fmt.Sprintf("%s by %.1e (limit %.1e)", w.Tensor, w.Rounding, w.Limit),
			)
		}
	}
	if len(moved) > 0 {
		fmt.Fprintf(
			a.out, "* %s: one rounding to float32 moves %s\n", r.File, strings.Join(moved, ", "),
		)
	}
	if len(r.Skipped) > 0 {
		fmt.Fprintf(
			a.out, "  %s: not compared, for a step has no %s\n", r.File,
			strings.Join(r.Skipped, ", "),
		)
	}
}
