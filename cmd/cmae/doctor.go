package main

import (
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"cmae/internal/method"
	"cmae/internal/tools/doctor"
)

func newDoctorCmd(a *app) *cobra.Command {
	var f settingsFlags
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Look at the machine: what training can use, how fast it is, what is missing",
		Long: `Report CPU features, cores, memory, the engines found and their measured rates in
f32 and bf16, memory bandwidth and the cache folder, each with a verdict (ok, slow, missing) and a
remedy. It takes seconds, needs no data and always exits 0: what is missing only costs time.`,
		Example: `  cmae doctor
  cmae doctor --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := f.load(a, method.Default())
			if err != nil {
				return err
			}
			r, err := doctor.Examine(cmd.Context(), c.Data.CacheDir, c.Threads)
			if err != nil {
				return err
			}
			return a.print(r, func() { a.doctorTable(r) })
		},
	}
	f.add(cmd.Flags())
	return cmd
}

func (a *app) doctorTable(r *doctor.Report) {
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	for _, f := range r.Findings {
		fmt.Fprintf(w, "%s\t%s\t%s\n", f.Verdict, f.Name, f.Found)
		if f.Remedy != "" {
			fmt.Fprintf(w, "\t\t-> %s\n", f.Remedy)
		}
	}
	w.Flush()
}
