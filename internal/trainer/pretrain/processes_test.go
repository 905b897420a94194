package pretrain

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cmae/internal/comm"
	"cmae/internal/config"
	"cmae/internal/fault"
	"cmae/internal/method"
	"cmae/internal/recipe"
	"cmae/internal/rundir"
	"cmae/internal/rundir/checkpoint"
	"cmae/internal/trainer"
	"cmae/internal/trainer/trainertest"
)

// shared are recipes whose batches processes divide.
func shared(t *testing.T) map[string]recipe.Pretrain {
	cmae := tiny(t)
	cmae.Precision = "f32" // auto is bf16 where the CPU is fast at it, which rounds too coarsely
	cmae.Train.BatchSize, cmae.Train.Epochs = 12, 3
	mae := cmae
	mae.Contrast.Weight, mae.Location.Weight, mae.Crop.Enabled = 0, 0, false
	mae.Train.Accumulate, mae.Train.KNNEvery, mae.Train.Best = 2, 0, recipe.BestLoss
	bank := cmae
	bank.Contrast.Key = recipe.KeyBank
	moco, err := method.Load(method.Default(), config.Source{Set: []string{"method=moco-v3"}})
	if err != nil {
		t.Fatal(err)
	}
	moco.Data, moco.Model, moco.Optim = cmae.Data, cmae.Model, cmae.Optim
	moco.Precision = cmae.Precision
	moco.Train, moco.Train.KNNEvery, moco.Train.Best = cmae.Train, 0, recipe.BestLoss
	moco.Contrast.Hidden, moco.Contrast.Out = 16, 8
	return map[string]recipe.Pretrain{"cmae": cmae, "mae": mae, "bank": bank, "moco-v3": moco}
}

// together pretrains in so many processes.
func together(
	t *testing.T, c recipe.Pretrain, processes int, run string, resume rundir.Resume,
) *Summary {
	t.Helper()
	s, err := trainertest.Together(t, processes, func(
		ctx context.Context, p comm.Processes,
	) (*Summary, error) {
		return Pretrain(ctx, Options{Config: c, Run: run, Resume: resume, Processes: p})
	})
	if err != nil {
		t.Fatalf("%d processes: %v", processes, err)
	}
	return s
}

// TestProcessesAreReplicas: processes of one replica give the bits of as many replicas in one
// process: weights, moments, queue, boxes, metrics. Other numbers round otherwise.
func TestProcessesAreReplicas(t *testing.T) {
	for name, c := range shared(t) {
		t.Run(name, func(t *testing.T) {
			one := filepath.Join(t.TempDir(), "one")
			c.Replicas = 2
			want, err := Pretrain(t.Context(), Options{Config: c, Run: one})
			if err != nil {
				t.Fatal(err)
			}
			two := filepath.Join(t.TempDir(), "two")
			c.Replicas = 1
			together(t, c, 2, two, rundir.ResumeNever)
			diff := cmp.Diff(trainertest.Digests(t, one), trainertest.Digests(t, two))
			if diff != "" {
				t.Errorf("two processes differ from two replicas:\n%s", diff)
			}
			for _, s := range []struct{ processes, replicas int }{{3, 1}, {3, 2}} {
				c.Replicas = s.replicas
				run := filepath.Join(t.TempDir(), fmt.Sprint(s))
				got := together(t, c, s.processes, run, rundir.ResumeNever)
				if math.Abs(got.Loss-want.Loss) > 1e-5*want.Loss {
					t.Errorf("%v: loss %v, want %v", s, got.Loss, want.Loss)
				}
			}
		})
	}
}

// TestResumeWithOtherProcesses: the order of the images depends on seed and epoch alone, so that
// another number of processes goes on where one stopped.
func TestResumeWithOtherProcesses(t *testing.T) {
	c := shared(t)["cmae"]
	c.Replicas = 1
	alone := Options{Config: c, Run: filepath.Join(t.TempDir(), "whole")}
	whole, err := Pretrain(t.Context(), alone)
	if err != nil {
		t.Fatal(err)
	}
	run, resume := filepath.Join(t.TempDir(), "run"), rundir.ResumeNever
	for _, processes := range []int{2, 3} {
		_, err := trainertest.Together(t, processes, func(
			ctx context.Context, p comm.Processes,
		) (*Summary, error) {
			ctx, stop := signalled(ctx, p.Rank() == 1, 9)
			defer stop()
			return Pretrain(ctx, Options{Config: c, Run: run, Resume: resume, Processes: p})
		})
		var interrupted *trainer.Interrupted
		if !errors.As(err, &interrupted) || fault.ExitCode(err) != 128+int(syscall.SIGTERM) {
			t.Fatalf("%d processes, one of which got a signal: %v", processes, err)
		}
		resume = rundir.ResumeLast
	}
	got := together(t, c, 1, run, resume)
	if math.Abs(got.Loss-whole.Loss) > 1e-5*whole.Loss || got.Steps != whole.Steps {
		t.Errorf(
			"loss %v after %d steps, want %v after %d", got.Loss, got.Steps, whole.Loss,
			whole.Steps,
		)
	}
}

// signalled is a context that a signal ends at the n-th look at it, if one comes.
func signalled(ctx context.Context, comes bool, n int) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	if !comes {
		return ctx, func() { cancel(nil) }
	}
	return &looked{Context: ctx, left: n, end: func() { cancel(fault.Signal(syscall.SIGTERM)) }},
		func() { cancel(nil) }
}

type looked struct {
	context.Context
	mu   sync.Mutex
	left int
	end  func()
}

func (l *looked) Err() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.left--; l.left == 0 {
		l.end()
	}
	return l.Context.Err()
}

// TestProcessesRefuse: what one process cannot do ends all of them, with its error.
func TestProcessesRefuse(t *testing.T) {
	for want, c := range map[string]struct {
		processes int
		spoil     func(c *recipe.Pretrain, rank int)
		code      int
	}{
		"train.batch_size: 12 in 1 parts (train.accumulate) does not divide among 5 processes": {
			5, func(*recipe.Pretrain, int) {}, 2,
		},
		`rank 1: dataset: "missing": no such file or directory: check data.path`: {
			2, func(c *recipe.Pretrain, rank int) {
				if rank == 1 {
					c.Data.Path = "missing"
				}
			}, 3,
		},
		`rank 1: cannot run: the data differs from rank 0's`: {
			2, func(c *recipe.Pretrain, rank int) { c.Data.Limit -= rank }, 2,
		},
		`rank 1: cannot run: the number of replicas differs from rank 0's: "2", and there "1"`: {
			2, func(c *recipe.Pretrain, rank int) { c.Replicas = 1 + rank }, 2,
		},
	} {
		_, err := trainertest.Together(t, c.processes, func(
			ctx context.Context, p comm.Processes,
		) (*Summary, error) {
			mine := shared(t)["cmae"]
			c.spoil(&mine, p.Rank())
			run := filepath.Join(t.TempDir(), "run")
			return Pretrain(ctx, Options{Config: mine, Run: run, Processes: p})
		})
		if err == nil || !strings.Contains(err.Error(), want) || fault.ExitCode(err) != c.code {
			t.Errorf("%v (%d), want %s (%d)", err, fault.ExitCode(err), want, c.code)
		}
	}
}

// TestProcessesOfResNet: processes compute what one does where they divide the groups of a batch,
// whose BatchNorms are apart and whose keys are shuffled over all, and where BatchNorms go over the
// images of all.
func TestProcessesOfResNet(t *testing.T) {
	resnet := func(set ...string) recipe.Pretrain {
		c, err := method.Load(method.Default(), config.Source{Set: append([]string{
			"model.size=resnet18", "model.width=2", "model.stem=small", "contrast.out=8",
			"data.limit=60", "train.batch_size=12", "train.epochs=2", "optim.warmup_epochs=0",
			"replicas=1", "precision=f32",
		}, set...)})
		if err != nil {
			t.Fatal(err)
		}
		c.Data.CacheDir = t.TempDir()
		return c
	}
	groups := resnet("method=moco-v2", "contrast.groups=4", "contrast.queue_size=30")
	for name, c := range map[string]struct {
		recipe.Pretrain
		processes []int
	}{
		"groups": {groups, []int{2}},
		"no groups": {
			resnet("method=moco-v2", "contrast.groups=1", "contrast.queue_size=30"), []int{2, 3},
		},
		"moco-v3": {resnet("method=moco-v3", "contrast.hidden=16"), []int{2, 3}},
	} {
		t.Run(name, func(t *testing.T) {
			one := filepath.Join(t.TempDir(), "one")
			want := together(t, c.Pretrain, 1, one, rundir.ResumeNever)
			for _, processes := range c.processes {
				run := filepath.Join(t.TempDir(), fmt.Sprint(processes))
				got := together(t, c.Pretrain, processes, run, rundir.ResumeNever)
				t.Logf("%d processes: loss %v, want %v", processes, got.Loss, want.Loss)
				if math.Abs(got.Loss-want.Loss) > 1e-5*want.Loss {
					t.Errorf("%d processes: loss %v, want %v", processes, got.Loss, want.Loss)
				}
			}
		})
	}
	_, err := trainertest.Together(t, 3, func(
		ctx context.Context, p comm.Processes,
	) (*Summary, error) {
		return Pretrain(ctx, Options{
			Config: groups, Run: filepath.Join(t.TempDir(), "run"), Processes: p,
		})
	})
	if err == nil || !strings.Contains(err.Error(), "contrast.groups: 4 do not divide") {
		t.Errorf("three processes of four groups: %v", err)
	}
}

// TestSignalledAnywhere: processes of which one gets a signal at any moment, the end of an epoch
// with its evaluation among them, resume to the same bits and the same best checkpoint.
func TestSignalledAnywhere(t *testing.T) {
	c := shared(t)["cmae"]
	c.Replicas, c.Data.Limit, c.Train.Epochs = 1, 24, 4
	c.Train.CheckpointEvery, c.Train.KNNEvery, c.Train.Best = 1, 1, recipe.BestKNN
	c.Optim.WarmupEpochs, c.Optim.BaseLR = 0, .05
	want := filepath.Join(t.TempDir(), "whole")
	together(t, c, 2, want, rundir.ResumeNever)
	best := func(run string) int {
		m, err := checkpoint.ReadManifest(filepath.Join(run, checkpoint.Best))
		if err != nil {
			t.Error(err)
		}
		return m.Step
	}
	for n, ended := 1, false; !ended; n++ {
		run := filepath.Join(t.TempDir(), fmt.Sprint(n))
		_, err := trainertest.Together(t, 2, func(
			ctx context.Context, p comm.Processes,
		) (*Summary, error) {
			ctx, stop := signalled(ctx, p.Rank() == 1, n)
			defer stop()
			return Pretrain(ctx, Options{Config: c, Run: run, Processes: p})
		})
		switch {
		case err == nil:
			ended = true
		case !errors.As(err, new(*trainer.Interrupted)):
			continue // before the first step
		default:
			together(t, c, 2, run, rundir.ResumeLast)
		}
		if diff := cmp.Diff(trainertest.Digests(t, want), trainertest.Digests(t, run)); diff != "" {
			t.Errorf("a signal at look %d:\n%s", n, diff)
		}
		if got := best(run); got != best(want) {
			t.Errorf(
				"a signal at look %d: the best is of step %d, and should be of %d", n, got,
				best(want),
			)
		}
	}
}
