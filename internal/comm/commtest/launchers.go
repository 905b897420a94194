package commtest

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// EachLauncher runs a test with every MPI that is installed, whose names are Debian's, or with the
// mpirun that CMAE_TEST_MPIRUN names. More ranks than cores may be started, also by root. Without
// one the test is skipped, or fails where CMAE_TEST_MUST is mpirun.
func EachLauncher(t *testing.T, test func(t *testing.T, path string)) {
	t.Helper()
	for name, value := range map[string]string{
		"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
		"OMPI_MCA_rmaps_base_oversubscribe":     "1",
		"PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe",
		// after SIGTERM; Open MPI always waits for all of it
		"OMPI_MCA_odls_base_sigkill_timeout": "2", "PRTE_MCA_odls_base_sigkill_timeout": "2",
	} {
		t.Setenv(name, value)
	}
	names := []string{"mpirun.openmpi", "mpirun.mpich", "mpirun"}
	if named := os.Getenv("CMAE_TEST_MPIRUN"); named != "" {
		names = []string{named}
	}
	found := false
	for _, name := range names {
		path, err := exec.LookPath(name)
		if err != nil || found && name == "mpirun" {
			continue
		}
		found = true
		t.Run(filepath.Base(name), func(t *testing.T) { test(t, path) })
	}
	const lacking = "mpirun is not installed (apt-get install openmpi-bin, or mpich)"
	switch {
	case found:
	case os.Getenv("CMAE_TEST_MUST") == "mpirun":
		t.Fatal(lacking)
	default:
		t.Skip(lacking)
	}
}
