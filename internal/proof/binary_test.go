// Package proof drives the real binary as machines and people do: killed, signalled, without room
// on the disk. docs/reliability.md names what each test keeps.
package proof

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cmae/internal/rundir/checkpoint"
)

var binary string

func TestMain(m *testing.M) {
	if paths := os.Getenv(holding); paths != "" { // TestKilledWriters has started it
		hold(filepath.SplitList(paths))
	}
	dir, err := os.MkdirTemp("", "cmae-proof")
	if err == nil {
		binary = filepath.Join(dir, "cmae")
		build := exec.Command("go", "build", "-o", binary, "cmae/cmd/cmae")
		build.Stderr = os.Stderr
		err = build.Run()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	for _, path := range []string{dir, binary} { // for others whom a test runs it as
		_ = os.Chmod(path, 0o755)
	}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// sets are settings as arguments.
func sets(list ...string) (args []string) {
	for _, s := range list {
		args = append(args, "--set", s)
	}
	return args
}

// tiny is a pretraining of 24 steps and 6 checkpoints.
func tiny() []string {
	return sets(
		"threads=1", "engine=portable", "data.limit=64",
		"train.batch_size=16", "train.epochs=6", "train.checkpoint_every=1", "model.dim=16",
		"model.depth=1", "model.heads=2", "model.patch_size=7", "decoder.dim=16", "decoder.depth=1",
		"contrast.hidden=16", "contrast.out=8", "optim.warmup_epochs=1", "probe.epochs=2",
		"probe.warmup_epochs=1", "probe.knn_k=5",
	)
}

// tuned is the same of a finetuning.
func tuned() []string {
	return sets(
		"threads=1", "engine=portable", "train.batch_size=16", "train.epochs=6",
		"train.checkpoint_every=1", "optim.warmup_epochs=1",
	)
}

// outcome is how a process ended.
type outcome struct {
	code   int // -1 where it was killed
	took   time.Duration
	stderr string
}

// start starts the binary with a home of its own.
func start(t *testing.T, home string, args ...string) (end func() outcome, p *os.Process) {
	t.Helper()
	return startCommand(t, home, exec.Command(binary, args...))
}

func startCommand(t *testing.T, home string, c *exec.Cmd) (end func() outcome, p *os.Process) {
	t.Helper()
	var stderr bytes.Buffer
	c.Stderr = &stderr
	c.Env = slices.DeleteFunc(os.Environ(), func(v string) bool {
		return strings.HasPrefix(v, "CMAE_") || strings.HasPrefix(v, "XDG_")
	})
	c.Env = append(c.Env, "HOME="+home)
	begin := time.Now()
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	return func() outcome {
		_ = c.Wait() // the code tells
		return outcome{c.ProcessState.ExitCode(), time.Since(begin), stderr.String()}
	}, c.Process
}

// until waits until something is so of a process, and reports whether it was before the process
// ended. The end, to be called as often as one likes, is how it ended.
func until(end func() outcome, so func() bool) (was bool, once func() outcome) {
	ended := make(chan struct{})
	var o outcome
	go func() {
		o = end()
		close(ended)
	}()
	once = func() outcome {
		<-ended
		return o
	}
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ended:
			return false, once
		case <-tick.C:
			if so() {
				return true, once
			}
		}
	}
}

// must runs the binary to its end.
func must(t *testing.T, home string, args ...string) outcome {
	t.Helper()
	end, _ := start(t, home, args...)
	o := end()
	if o.code != 0 {
		t.Fatalf("%q: exit %d: %s", args, o.code, o.stderr)
	}
	return o
}

// pretrained is a run to work with.
func pretrained(t *testing.T, home string) (run string, took time.Duration) {
	t.Helper()
	run = filepath.Join(home, "pretrained")
	o := must(t, home, append(tiny(), "pretrain", "-q", "--out", run)...)
	return run, o.took
}

// killedAt lets a process live for a moment drawn by r, up to *most, and reports whether it was
// killed. What ended before was quicker than most, which then is its time.
func killedAt(
	t *testing.T, r *rand.Rand, most *time.Duration, home string, args []string,
) bool {
	t.Helper()
	end, p := start(t, home, args...)
	kill := time.AfterFunc(time.Duration(r.Int64N(int64(*most))), func() {
		_ = p.Signal(syscall.SIGKILL) // which finds it or doesn't
	})
	defer kill.Stop()
	o := end()
	if o.code > 0 {
		t.Fatalf("%q: exit %d: %s", args, o.code, o.stderr)
	}
	if o.code == 0 {
		*most = o.took
	}
	return o.code < 0
}

// sameRun compares the last checkpoints of two runs, tensor by tensor, which one is the best, and
// all rows of metrics but what clocks say.
func sameRun(t *testing.T, want, got string) {
	t.Helper()
	loaded := sameTensors(t, want, got)
	if a, b := best(t, want), best(t, got); a != b {
		t.Errorf("the best checkpoint is of step %d, and should be of %d", b, a)
	}
	if d := cmp.Diff(loaded[0].Metrics, loaded[1].Metrics); d != "" {
		t.Errorf("manifests differ: %s", d)
	}
	if d := cmp.Diff(loaded[0].Rollbacks, loaded[1].Rollbacks); d != "" {
		t.Errorf("rollbacks differ: %s", d)
	}
	if d := cmp.Diff(rows(t, want), rows(t, got)); d != "" {
		t.Errorf("rows differ: %.2000s", d)
	}
}

// best is the step of the checkpoint that a run calls its best.
func best(t *testing.T, run string) int {
	t.Helper()
	m, err := checkpoint.ReadManifest(filepath.Join(run, checkpoint.Best))
	if err != nil {
		t.Error(err)
	}
	return m.Step
}

// sameTensors compares the last checkpoints of two runs, and returns them.
func sameTensors(t *testing.T, want, got string) (loaded [2]*checkpoint.Checkpoint) {
	t.Helper()
	for i, run := range []string{want, got} {
		c, err := checkpoint.Load(filepath.Join(run, checkpoint.Last))
		if err != nil {
			t.Fatal(err)
		}
		loaded[i] = c
	}
	if d := cmp.Diff(loaded[0].Tensors, loaded[1].Tensors); d != "" {
		t.Errorf("tensors differ: %.2000s", d)
	}
	return loaded
}

func rows(t *testing.T, run string) (all []map[string]any) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(run, "metrics.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		var row map[string]any
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		delete(row, "images_per_second")
		delete(row, "data_wait_seconds")
		all = append(all, row)
	}
	return all
}
