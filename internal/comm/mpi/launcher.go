package mpi

import "strconv"

// launch is what a launcher's variables say of this process.
type launch struct {
	by    string // who started it
	rank  int
	size  int // of the job, 0 where the launcher doesn't say
	names []string
}

// Names of the library, the likelier first. MPICH's ABI has one name with most distributions and
// another on Debian.
var (
	openMPIFirst = []string{
		"libmpi.so.40", "libmpi.so.80", "libmpi.so.12", "libmpich.so.12", "libmpi.so",
	}
	mpichFirst = []string{
		"libmpi.so.12", "libmpich.so.12", "libmpi.so.40", "libmpi.so.80", "libmpi.so",
	}
)

// launched finds out whether a launcher started this process as one of a job.
func launched(env func(string) string) (launch, bool) {
	number := func(name string) int { n, _ := strconv.Atoi(env(name)); return n }
	switch {
	case env("OMPI_COMM_WORLD_SIZE") != "":
		return launch{
			"mpirun of Open MPI", number("OMPI_COMM_WORLD_RANK"), number("OMPI_COMM_WORLD_SIZE"),
			openMPIFirst,
		}, true
	case env("PMI_RANK") != "":
		return launch{"mpirun of MPICH", number("PMI_RANK"), number("PMI_SIZE"), mpichFirst}, true
	case env("PMIX_RANK") != "":
		return launch{
			"srun or prterun by PMIx", number("PMIX_RANK"), number("SLURM_STEP_NUM_TASKS"),
			openMPIFirst,
		}, true
	}
	return launch{}, false
}

// apart reports whether srun started several processes that cannot find each other.
func apart(env func(string) string) bool {
	tasks, err := strconv.Atoi(env("SLURM_STEP_NUM_TASKS"))
	return err == nil && tasks > 1
}
