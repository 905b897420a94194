package proof

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
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
	const remedy = "; raise train.accumulate, which a resume may, or lower train.batch_size\n"
	refused := func(room float64, why string) string {
		t.Helper()
		limits := fmt.Sprintf("ulimit -c 0; ulimit -d %d;", int(room/1024))
		end, _ := startCommand(t, home, onPlugin(plugin, limits, resume...))
		o := end()
		if o.code != 1 || strings.Count(o.stderr, "\n") != 1 || !strings.Contains(o.stderr, why) ||
			!strings.HasSuffix(o.stderr, remedy) {
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
	counted := regexp.MustCompile(`[0-9.]+ GB (beside|already)`)
	for _, number := range counted.FindAllString(said, 2) {
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

// TestFewAddresses: a limit on addresses, which many batch systems set, is an error of one line
// with its remedy, before the plugin starts and ends the process.
func TestFewAddresses(t *testing.T) {
	plugin, home := cpuPlugin(t), t.TempDir()
	args := append(hungry(), "--out", filepath.Join(home, "run"))
	end, _ := startCommand(t, home, onPlugin(plugin, "ulimit -c 0; ulimit -v 6000000;", args...))
	if o := end(); o.code != 1 || strings.Count(o.stderr, "\n") != 1 ||
		!strings.Contains(o.stderr, "(ulimit -v unlimited)") {
		t.Errorf("exit %d: %s", o.code, o.stderr)
	}
}

// builtPlugin compiles a plugin of testdata; without a compiler or where plugins cannot be opened
// the test is skipped.
func builtPlugin(t *testing.T) string {
	t.Helper()
	cc, err := exec.LookPath("cc")
	if err != nil || runtime.GOOS != "linux" {
		t.Skip("needs a C compiler, on Linux")
	}
	path := filepath.Join(t.TempDir(), "plugin.so")
	build := exec.Command(cc, "-shared", "-fPIC", "-o", path, "testdata/plugin.c", "-ldl")
	if said, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	return path
}

// TestADeviceOfAnotherVersion: a plugin that is too old is named, with the remedy, and no run
// begins.
func TestADeviceOfAnotherVersion(t *testing.T) {
	plugin, home := builtPlugin(t), t.TempDir()
	run := filepath.Join(home, "run")
	end, _ := startCommand(
		t, home, onPlugin(plugin, "export VERSION=80;", append(few(), "--out", run)...),
	)
	o := end()
	if o.code != 1 || strings.Count(o.stderr, "\n") != 1 || !strings.Contains(o.stderr, plugin) ||
		!strings.Contains(o.stderr, "is version 0.80, and 0.81 or a later 0.x is needed; name ") {
		t.Errorf("exit %d: %s", o.code, o.stderr)
	}
	if _, err := os.Lstat(run); err == nil {
		t.Error("a run was begun")
	}
}

// few is a pretraining of 8 steps and 2 checkpoints on engine xla.
func few() []string {
	return append([]string{"pretrain", "-q"}, append(
		tiny(),
		sets("engine=xla", "train.epochs=2", "contrast.weight=0", "location.weight=0")...,
	)...)
}

// TestADeviceFillsUpInARun: where a program that has run before finds no memory the run ends with
// its last checkpoint, and a resume comes to the same bits.
func TestADeviceFillsUpInARun(t *testing.T) {
	sound, plugin, home := cpuPlugin(t), builtPlugin(t), t.TempDir()
	whole, cut := filepath.Join(home, "whole"), filepath.Join(home, "cut")
	end, _ := startCommand(t, home, onPlugin(sound, "", append(few(), "--out", whole)...))
	if o := end(); o.code != 0 {
		t.Fatalf("exit %d: %s", o.code, o.stderr)
	}
	limits := fmt.Sprintf("export RUNS=7 REAL_PLUGIN='%s';", sound)
	end, _ = startCommand(t, home, onPlugin(plugin, limits, append(few(), "--out", cut)...))
	if o := end(); o.code != 1 || o.stderr != "cmae: engine xla: the test has no memory left; "+
		"raise train.accumulate, which a resume may, or lower train.batch_size\n" {
		t.Fatalf("exit %d: %s", o.code, o.stderr)
	}
	last, err := checkpoint.Load(filepath.Join(cut, checkpoint.Last))
	if err != nil {
		t.Fatal(err)
	}
	if last.Step != 4 {
		t.Errorf("the last checkpoint is of step %d", last.Step)
	}
	end, _ = startCommand(t, home, onPlugin(sound, "", "pretrain", "-q", "--resume", "--out", cut))
	if o := end(); o.code != 0 {
		t.Fatalf("exit %d: %s", o.code, o.stderr)
	}
	sameRun(t, whole, cut)
}
