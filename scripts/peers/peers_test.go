// Package peers_test keeps the table that scripts/peers.sh prints.
package peers_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// python is a command of Python that finds a torch which can't be imported.
func python(t *testing.T, cmae string, args ...string) *exec.Cmd {
	t.Helper()
	found, err := exec.LookPath("python3")
	if err != nil {
		t.Skip(err)
	}
	dir := t.TempDir()
	write(t, filepath.Join(dir, "torch.py"), `raise ImportError("no such torch")`)
	c := exec.Command(found, args...)
	c.Env = append(
		os.Environ(), "PYTHONPATH="+dir, "PYTHONDONTWRITEBYTECODE=1", "CMAE="+cmae,
	)
	return c
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
}

// TestFailedRows: rows go on after one that failed, whichever of its programs did, and are named.
func TestFailedRows(t *testing.T) {
	cmae := filepath.Join(t.TempDir(), "cmae")
	write(t, cmae, `#!/bin/sh
case "$*" in
*/mae_base.yaml*) echo "cmae: out of memory" >&2; exit 1 ;;
esac
echo '{"images_per_second": 2, "peak_rss_bytes": 3}'
`)
	out, err := python(
		t, cmae, "table.py", "--row", "mae-base", "--row", "mae-tiny", "--row", "embed-small",
	).CombinedOutput()
	if err == nil {
		t.Error("it exits with 0")
	}
	for _, want := range []string{
		"mae-base failed: cmae ended with 1: cmae: out of memory",
		"mae-tiny 1/2 cmae: 2.0 images/s",
		"mae-tiny failed: ", "no such torch",
		"embed-small failed: it needs images; name a folder of some with --images",
		"peers: failed: mae-base, mae-tiny, embed-small",
	} {
		if !strings.Contains(string(out), want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
}

// TestCells: ratios are over the fastest of a round, the peak is that of the fastest by medians.
func TestCells(t *testing.T) {
	out, err := python(t, "", "-c", `
from table import *
plain, fused = [(3, 9e9), (5, 9e9)], [(4, 8e9), (4.5, 8e9)]
found = {"cmae": [(6, 1e9), (8, 2e9)], "plain": plain, "fused": fused}
found = {kind: [Measurement(*m) for m in list_] for kind, list_ in found.items()}
line(cells(ROWS["mae-tiny"], ["plain", "fused", "compile"], found))
`).CombinedOutput()
	want := "| MAE tiny | 6.0, 8.0 | 3.0, 5.0 | 4.0, 4.5 |  | 1.50, 1.60 | 2.00 GB | 8.00 GB |\n"
	if err != nil || string(out) != want {
		t.Errorf("%v:\n%swant\n%s", err, out, want)
	}
}
