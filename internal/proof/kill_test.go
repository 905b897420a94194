package proof

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cmae/internal/rundir/checkpoint"
)

// kills is how often TestKilled kills: 50 times, or as often as CMAE_TEST_KILLS says.
func kills(t *testing.T) int {
	text := os.Getenv("CMAE_TEST_KILLS")
	if text == "" {
		return 50
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestKilled: a run that is killed at any moment goes on, to the same bits in every tensor and the
// same rows as one that was never stopped.
func TestKilled(t *testing.T) {
	home := t.TempDir()
	encoder, took := pretrained(t, home)
	finetune := append(tuned(), "finetune", encoder, "-q", "--resume=auto", "--out")
	sweep := append(
		tiny(), "ablate", "grid", "-q", "--evaluate", "knn", "--config", grid(t, home), "--out",
	)
	for _, c := range []struct {
		name  string
		args  []string // but for the folder
		share int      // of a hundred kills
		same  func(t *testing.T, want, got string)
	}{
		{"pretrain", append(following(), "pretrain", "-q", "--resume=auto", "--out"), 40, sameRun},
		{
			"rollback", append(diverging(), "pretrain", "-q", "--resume=auto", "--out"), 10,
			sameRollback,
		},
		{"finetune", finetune, 30, sameRun},
		{"sweep", sweep, 20, sameSweep},
	} {
		t.Run(c.name, func(t *testing.T) {
			want, got := filepath.Join(home, c.name), filepath.Join(home, c.name+"-killed")
			must(t, home, append(c.args, want)...)
			seed := uint64(time.Now().UnixNano())
			r := rand.New(rand.NewPCG(seed, 1))
			most, done, finished := took, 0, 0
			for done < kills(t)*c.share/100 {
				if killedAt(t, r, &most, home, append(c.args, got)) {
					done++
					continue
				}
				c.same(t, want, got)
				if finished++; t.Failed() {
					break
				}
				if err := os.RemoveAll(got); err != nil {
					t.Fatal(err)
				}
			}
			if !t.Failed() {
				must(t, home, append(c.args, got)...)
				c.same(t, want, got)
			}
			t.Logf("%d kills, %d runs, seed %d", done, finished+1, seed)
		})
	}
}

// following is a pretraining of 8 epochs that follows kNN, of which one amid them may be the best.
func following() []string {
	return append(tiny(), sets(
		"train.epochs=8", "train.knn_every=1", "train.best=knn", "train.keep_last=1",
		"optim.base_lr=0.05",
	)...)
}

// diverging is a pretraining of 8 steps, but for two, that diverges and goes back once.
func diverging() []string {
	return append(tiny(), sets(
		"train.epochs=2", "optim.base_lr=1e30", "optim.warmup_epochs=0",
		"train.on_divergence=rollback", "train.rollback_scale=1e-32", "train.rollback_skip=2",
	)...)
}

// sameRollback compares two runs that diverge, and checks that the second one went back.
func sameRollback(t *testing.T, want, got string) {
	t.Helper()
	sameRun(t, want, got)
	wentBack(t, got)
}

// wentBack checks that a run that diverges has gone back, says so, and does not count as diverged.
func wentBack(t *testing.T, run string) {
	t.Helper()
	const told = " warning: rollback 1 of 3: step 2 diverged "
	text, err := os.ReadFile(filepath.Join(run, "train.log"))
	if err != nil || !strings.Contains(string(text), told) {
		t.Errorf("%v: the log has no%q: %s", err, told, text)
	}
	if _, err := os.Stat(filepath.Join(run, "diverged.json")); err == nil {
		t.Error("it counts as diverged")
	}
}

// TestKilledAmidRollback: killed at any moment from when a step that diverged is kept, until after
// the rollback, a run comes to the same.
func TestKilledAmidRollback(t *testing.T) {
	home := t.TempDir()
	want := filepath.Join(home, "whole")
	args := append(diverging(), "pretrain", "-q", "--resume=auto", "--out")
	most := must(t, home, append(args, want)...).took
	wentBack(t, want)
	killed, tries := 0, 0
	for ; killed < kills(t)/5 && tries < 2*kills(t) && !t.Failed(); tries++ {
		got := filepath.Join(home, fmt.Sprint(tries))
		end, p := start(t, home, append(args, got)...)
		kept, end := until(end, func() bool {
			_, err := os.Stat(filepath.Join(got, checkpoint.Diverged))
			return err == nil
		})
		since := time.Now()
		if kept {
			time.Sleep(time.Duration(rand.Int64N(int64(most))))
			_ = p.Signal(syscall.SIGKILL) // which finds it or doesn't
		}
		switch o := end(); {
		case o.code > 0:
			t.Fatalf("exit %d: %s", o.code, o.stderr)
		case o.code < 0:
			killed++
			most += most / 4 // it may have been slow, or will be
		case kept:
			most = time.Since(since)
		}
		must(t, home, append(args, got)...)
		sameRollback(t, want, got)
		if err := os.RemoveAll(got); err != nil {
			t.Fatal(err)
		}
	}
	if killed < kills(t)/5 {
		t.Errorf("%d kills in %d runs, want %d", killed, tries, kills(t)/5)
	}
	t.Logf("%d kills in %d runs, the last within %v", killed, tries, most)
}

// grid is a sweep of two cells.
func grid(t *testing.T, home string) string {
	t.Helper()
	path := filepath.Join(home, "grid.yaml")
	text := "set: [train.epochs=2]\ncells:\n- {name: a, set: []}\n" +
		"- {name: b, set: [decoder.kind=mlp]}\n"
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// sameSweep compares the runs of two sweeps and what was measured of them.
func sameSweep(t *testing.T, want, got string) {
	t.Helper()
	for _, cell := range []string{"a", "b"} {
		run := filepath.Join("cells", cell, "seed-1")
		sameRun(t, filepath.Join(want, run), filepath.Join(got, run))
		var results [2]map[string]any
		for i, sweep := range []string{want, got} {
			text, err := os.ReadFile(filepath.Join(sweep, run, "result.json"))
			if err == nil {
				err = json.Unmarshal(text, &results[i])
			}
			if err != nil {
				t.Fatal(err)
			}
			delete(results[i], "seconds")
		}
		if d := cmp.Diff(results[0], results[1]); d != "" {
			t.Errorf("results differ: %s", d)
		}
	}
}
