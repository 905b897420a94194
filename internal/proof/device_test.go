package proof

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"cmae/internal/kernel/pjrt"
	"cmae/internal/rundir/checkpoint"
)

// onPlugin is a command of the binary with engine xla, by a plugin and with limits of a shell.
func onPlugin(plugin, limits string, args ...string) *exec.Cmd {
	script := limits + ` export CMAE_PJRT_LIB="$1"; shift; exec "$@"`
	return exec.Command("sh", append([]string{"-c", script, "sh", plugin, binary}, args...)...)
}

// cpuPlugin is the plugin for CPUs; without it the test is skipped.
func cpuPlugin(t *testing.T) string {
	t.Helper()
	for _, f := range pjrt.Find() {
		if !f.Kind.GPU() {
			return f.Path
		}
	}
	t.Skip(pjrt.ErrNotFound)
	return ""
}

// hungry is a pretraining of 2 steps and 2 checkpoints whose program needs 0.64 GB: every pixel is
// a patch.
func hungry() []string {
	return append([]string{"pretrain", "-q"}, sets(
		"threads=1", "engine=xla", "data.limit=64", "train.batch_size=64", "train.epochs=2",
		"train.checkpoint_every=1", "train.keep_last=0", "model.dim=16", "model.depth=1",
		"model.heads=2", "model.patch_size=1", "decoder.dim=16", "decoder.depth=1",
		"contrast.weight=0", "location.weight=0", "optim.warmup_epochs=0",
	)...)
}

// stoppedAt copies a run as it was after a step.
func stoppedAt(t *testing.T, run, to string, step, end int) {
	t.Helper()
	at := func(n int) string { return fmt.Sprintf("checkpoints/step-%d", n) }
	last := filepath.Join(to, checkpoint.Last)
	for _, err := range []error{
		os.CopyFS(to, os.DirFS(run)), os.RemoveAll(filepath.Join(to, at(end))),
		os.RemoveAll(last), os.Symlink(at(step), last),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestADeviceWithoutRoom: a step that the device cannot hold is an error of one line with its
// remedy, found before the program runs or told by the plugin. The last checkpoint stays whole, and
// where there is room the run goes on to the same bits.
func TestADeviceWithoutRoom(t *testing.T) {
	plugin, home := cpuPlugin(t), t.TempDir()
	whole, cut := filepath.Join(home, "whole"), filepath.Join(home, "cut")
	end, _ := startCommand(t, home, onPlugin(plugin, "", append(hungry(), "--out", whole)...))
	if o := end(); o.code != 0 {
		t.Fatalf("exit %d: %s", o.code, o.stderr)
	}
	stoppedAt(t, whole, cut, 1, 2)
	want, err := checkpoint.Load(filepath.Join(cut, checkpoint.Last))
	if err != nil {
		t.Fatal(err)
	}
	resume := []string{"pretrain", "-q", "--resume", "--out", cut}
	refused := func(room float64, why string) string {
		t.Helper()
		limits := fmt.Sprintf("ulimit -c 0; ulimit -d %d;", int(room/1024))
		end, _ := startCommand(t, home, onPlugin(plugin, limits, resume...))
		o := end()
		if o.code != 1 || strings.Count(o.stderr, "\n") != 1 || !strings.Contains(o.stderr, why) ||
			!strings.HasSuffix(o.stderr, "; lower train.batch_size, or raise train.accumulate\n") {
			t.Fatalf("%.4g GB: exit %d: %s", room/1e9, o.code, o.stderr)
		}
		got, err := checkpoint.Load(filepath.Join(cut, checkpoint.Last))
		if err != nil || got.Step != want.Step {
			t.Fatalf("the last checkpoint: %v", err)
		}
		return o.stderr
	}
	said := refused(0.6e9, "and the device has 0.6 GB")
	room := 0.06e9 // beside what is counted: less than the process maps and does not touch
	for _, number := range regexp.MustCompile(`[0-9.]+ GB (beside|already)`).FindAllString(said, 2) {
		gb, err := strconv.ParseFloat(strings.Fields(number)[0], 64)
		if err != nil {
			t.Fatal(err)
		}
		room += 1e9 * gb
	}
	refused(room, "engine xla: Out of memory allocating ")
	end, _ = startCommand(t, home, onPlugin(plugin, "", resume...))
	if o := end(); o.code != 0 {
		t.Fatalf("exit %d: %s", o.code, o.stderr)
	}
	sameRun(t, whole, cut)
}
