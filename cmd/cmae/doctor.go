package main

import (
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"cmae/internal/comm"
	"cmae/internal/comm/mpi"
	"cmae/internal/method"
	"cmae/internal/report"
	"cmae/internal/tools/doctor"
)

func newDoctorCmd(a *app) *cobra.Command {
	var f settingsFlags
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Look at the machine: what training can use, how fast it is, what is missing",
		Long: `Report CPU features, cores, memory, the engines found and their measured rates in
f32 and bf16, memory bandwidth and the cache folder, each with a verdict (ok, slow, missing) and a
remedy. Started by mpirun or srun it lists the ranks with their hosts and looks at that of the
first. It takes seconds, needs no data and always exits 0: what is missing only costs time.`,
		Example: `  cmae doctor
  cmae doctor --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := f.load(a, method.Default())
			if err != nil {
				return err
			}
			p, err := a.join(c.Comm, c, nil)
			if err != nil {
				return err
			}
			if !comm.First(p) { // one rank looks, at its own host
				return comm.Agree(p, nil)
			}
			r, err := doctor.Examine(cmd.Context(), c.Data.CacheDir, c.Threads)
			if err = comm.Agree(p, err); err != nil {
				return err
			}
			r.Processes = ranks(a.world)
			return a.print(r, func() { a.doctorTable(r) })
		},
	}
	f.add(cmd.Flags())
	return cmd
}

func (a *app) doctorTable(r *doctor.Report) {
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	for _, f := range r.Findings {
		fmt.Fprintf(w, "%s\t%s\t%s\n", f.Verdict, f.Name, report.Printable(f.Found))
		if f.Remedy != "" {
			fmt.Fprintf(w, "\t\t-> %s\n", report.Printable(f.Remedy))
		}
	}
	for _, p := range r.Processes {
		fmt.Fprintf(w, "%s\trank %d\t%s, %s\n", doctor.OK, p.Rank, p.Host, p.Library)
	}
	w.Flush()
}

// ranks are the processes of a job, as a report lists them.
func ranks(w *mpi.World) (all []doctor.Process) {
	if w == nil {
		return nil
	}
	for rank, host := range w.Hosts {
		all = append(all, doctor.Process{Rank: rank, Host: host, Library: w.Library})
	}
	return all
}
