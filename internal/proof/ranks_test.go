package proof

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"cmae/internal/comm/commtest"
	"cmae/internal/rundir/checkpoint"
)

// eachLauncher runs a test under every MPI that is installed.
func eachLauncher(t *testing.T, test func(t *testing.T, j job)) {
	commtest.EachLauncher(t, func(t *testing.T, path string) { test(t, job{t, t.TempDir(), path}) })
}

// job starts ranks of the binary, with a home of its own.
type job struct {
	*testing.T
	home, launcher string
}

func (j job) start(ranks int, args ...string) (end func() outcome, p *os.Process) {
	j.Helper()
	return startCommand(j.T, j.home, exec.Command(
		j.launcher, append([]string{"-np", fmt.Sprint(ranks), binary}, args...)...,
	))
}

func (j job) must(ranks int, args ...string) outcome {
	j.Helper()
	end, _ := j.start(ranks, args...)
	o := end()
	if o.code != 0 {
		j.Fatalf("%q: exit %d: %s", args, o.code, o.stderr)
	}
	return o
}

// alive are the processes of the binary by their ranks.
func alive() map[int]*os.Process {
	all := map[int]*os.Process{}
	folders, _ := filepath.Glob("/proc/[0-9]*")
	for _, f := range folders {
		if exe, err := os.Readlink(f + "/exe"); err != nil || exe != binary {
			continue
		}
		environ, _ := os.ReadFile(f + "/environ")
		for v := range strings.SplitSeq(string(environ), "\x00") {
			name, value, _ := strings.Cut(v, "=")
			if name != "OMPI_COMM_WORLD_RANK" && name != "PMI_RANK" {
				continue
			}
			rank, _ := strconv.Atoi(value)
			pid, _ := strconv.Atoi(filepath.Base(f))
			all[rank], _ = os.FindProcess(pid)
		}
	}
	return all
}

// soon waits until something is so.
func (j job) soon(what string, so func() bool) {
	j.Helper()
	for deadline := time.Now().Add(time.Minute); !so(); {
		if time.Now().After(deadline) {
			j.Fatalf("not within a minute: %s", what)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// training is a run of two ranks that goes on until it is ended, at its first steps.
func (j job) training(run string) (end func() outcome, p *os.Process) {
	j.Helper()
	end, p = j.start(2, append(
		tiny(), "pretrain", "-q", "--set", "train.epochs=100000", "--set",
		"train.checkpoint_every=100000", "--out", run,
	)...)
	j.soon("a step", func() bool {
		info, err := os.Stat(filepath.Join(run, "metrics.jsonl"))
		return err == nil && info.Size() > 0
	})
	return end, p
}

// ended checks that a job ended within some seconds, all of it, and with one line of ours where
// there must be one.
func (j job) ended(o outcome, since time.Time, most time.Duration, line string) {
	j.Helper()
	if took := time.Since(since); took > most {
		j.Errorf("it took %v", took)
	}
	j.soon("the end of all ranks", func() bool { return len(alive()) == 0 })
	if line == "" {
		return
	}
	if strings.Count(o.stderr, "cmae: ") != 1 || !strings.Contains(o.stderr, "cmae: "+line) {
		j.Errorf("exit %d, want one line %q: %s", o.code, line, o.stderr)
	}
}

// TestRanksSignalled: a signal to the launcher, or to any rank, ends all ranks together; rank 0
// saves once.
func TestRanksSignalled(t *testing.T) {
	eachLauncher(t, func(t *testing.T, j job) {
		for _, s := range []syscall.Signal{syscall.SIGTERM, syscall.SIGUSR1} {
			for target, name := range []string{"rank 0", "rank 1", "the launcher"} {
				t.Run(fmt.Sprintf("%v to %s", s, name), func(t *testing.T) {
					j := job{t, j.home, j.launcher}
					run := filepath.Join(t.TempDir(), "run")
					end, p := j.training(run)
					if rank, ok := alive()[target]; ok {
						p = rank
					}
					sent := time.Now()
					if err := p.Signal(s); err != nil {
						t.Fatal(err)
					}
					o := end()
					line := "interrupted (" + s.String() + "); saved " + run
					if target == 2 && strings.Count(o.stderr, "cmae: ") == 0 {
						line = "" // Open MPI 5 that gets SIGTERM passes on nothing more
					}
					j.ended(o, sent, 20*time.Second, line)
					// a launcher that gets a signal has a code of its own
					if want := 128 + int(s); o.code != want && target < 2 {
						t.Errorf("exit %d, want %d: %s", o.code, want, o.stderr)
					}
					saved, _ := os.ReadDir(filepath.Join(run, checkpoint.Folder))
					if _, err := checkpoint.Load(filepath.Join(run, checkpoint.Last)); err != nil ||
						len(saved) != 1 {
						t.Errorf("saved %v, %v", saved, err)
					}
				})
			}
		}
	})
}

// TestRanksRollBack: ranks go back together, to the bits of as many replicas.
func TestRanksRollBack(t *testing.T) {
	eachLauncher(t, func(t *testing.T, j job) {
		args := append(diverging(), "pretrain", "-q", "--out")
		one, two := filepath.Join(j.home, "one"), filepath.Join(j.home, "two")
		must(t, j.home, append(append(args, one), "--set", "replicas=2")...)
		o := j.must(2, append(args, two)...)
		sameRollback(t, one, two)
		if strings.Count(o.stderr, "rollback 1 of 3") != 1 {
			t.Errorf("said %s", o.stderr)
		}
	})
}

// TestRanksFinetune: ranks settle the recipe, measure mean and deviation and share the test images
// as one process of as many replicas does; of bad input rank 0 alone speaks.
func TestRanksFinetune(t *testing.T) {
	eachLauncher(t, func(t *testing.T, j job) {
		encoder, _ := pretrained(t, j.home)
		args := append(sets(
			"threads=1", "engine=portable", "data.limit=63", "train.epochs=2", "train.batch_size=16",
			"optim.warmup_epochs=1", "augment.mean=[]", "augment.std=[]",
		), "finetune", encoder, "-q", "--out")
		one, two := filepath.Join(j.home, "one"), filepath.Join(j.home, "two")
		must(t, j.home, append(args, one, "--set", "replicas=2")...)
		j.must(2, append(args, two)...)
		sameRun(t, one, two)
		began := time.Now()
		end, _ := j.start(2, append(args, j.home+"/bad", "--set", "data.path=nowhere")...)
		o := end()
		j.ended(o, began, 30*time.Second, `dataset: "nowhere"`)
		if o.code != 3 {
			t.Errorf("exit %d, want 3: %s", o.code, o.stderr)
		}
	})
}

// TestRankInTrouble: what one rank alone meets ends all within seconds, with its code and one line.
func TestRankInTrouble(t *testing.T) {
	eachLauncher(t, func(t *testing.T, j job) {
		images := folder(t, j.home, 64)
		other := func(rank int, does string) []string { // a rank does something before
			return []string{"sh", "-c", fmt.Sprintf(
				`if [ "${OMPI_COMM_WORLD_RANK:-$PMI_RANK}" = %d ]; then %s; fi; exec "$@"`, rank,
				does,
			), "sh", binary}
		}
		pretrain := append(tiny(), "pretrain", "-q", "--set", "comm=mpi")
		infinite := sets("optim.base_lr=1e30", "optim.warmup_epochs=0")
		for _, c := range []struct {
			name    string
			command []string
			code    int
			line    string
		}{
			{
				"not finite", append(append([]string{binary}, pretrain...), infinite...), 5,
				"diverged at step ",
			},
			{"full disk", append([]string{binary}, pretrain...), 1, "checkpoint: save"},
			{
				"no images", append(append(
					other(1, "cd /"), pretrain...), sets("data.path=images", "data.image_size=28")...,
				), 3, "rank 1",
			},
			{
				"fewer images", append(append(
					other(1, "mkdir -p less/images && cp images/1*.png less/images && cd less"),
					pretrain...), sets("data.path=images", "data.image_size=28", "data.cache_dir=")...,
				), 2, "rank 1: cannot run: the data differs",
			},
		} {
			t.Run(c.name, func(t *testing.T) {
				j := job{t, j.home, j.launcher}
				out := t.TempDir()
				if c.name == "full disk" {
					out = small(t, out)
					fill(t, out, 60)
				}
				args := append(c.command, "--out", filepath.Join(out, "run"))
				cmd := exec.Command(j.launcher, append([]string{"-np", "2"}, args...)...)
				cmd.Dir = filepath.Dir(images)
				began := time.Now()
				end, _ := startCommand(t, j.home, cmd)
				o := end()
				j.ended(o, began, 30*time.Second, c.line)
				if o.code != c.code {
					t.Errorf("exit %d, want %d: %s", o.code, c.code, o.stderr)
				}
			})
		}
	})
}

// TestRankStops: a rank that no longer answers ends the job; a line names it.
func TestRankStops(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for a process that does not answer")
	}
	eachLauncher(t, func(t *testing.T, j job) {
		end, _ := j.training(filepath.Join(j.home, "run"))
		sent := time.Now()
		if err := alive()[1].Signal(syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
		o := end()
		j.ended(o, sent, 40*time.Second, "rank 1 has not answered rank 0 for 10s")
		if o.code != 1 {
			t.Errorf("exit %d, want 1: %s", o.code, o.stderr)
		}
	})
}
