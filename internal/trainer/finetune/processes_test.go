package finetune

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cmae/internal/comm"
	"cmae/internal/model"
	"cmae/internal/recipe"
	"cmae/internal/trainer"
	"cmae/internal/trainer/trainertest"
)

// TestProcessesAreReplicas: processes of one replica, which mix images that other processes have,
// drop paths and sum microbatches, give the bits of as many replicas in one process.
func TestProcessesAreReplicas(t *testing.T) {
	c := tiny(t, 3)
	c.Train.BatchSize, c.Train.Accumulate, c.Train.DropPath, c.Replicas = 12, 2, 0.2, 2
	one, two := filepath.Join(t.TempDir(), "one"), filepath.Join(t.TempDir(), "two")
	want, err := Run(t.Context(), Options{Config: c, Run: one})
	if err != nil {
		t.Fatal(err)
	}
	c.Replicas = 1
	do := func(processes int, run string) *Summary {
		s, err := trainertest.Together(t, processes, func(
			ctx context.Context, p comm.Processes,
		) (*Summary, error) {
			return Run(ctx, Options{Config: c, Run: run, Processes: p})
		})
		if err != nil {
			t.Fatalf("%d processes: %v", processes, err)
		}
		return s
	}
	got := do(2, two)
	if diff := cmp.Diff(trainertest.Digests(t, one), trainertest.Digests(t, two)); diff != "" {
		t.Errorf("two processes differ from two replicas:\n%s", diff)
	}
	if got.Accuracy != want.Accuracy {
		t.Errorf("accuracy %v, want %v", got.Accuracy, want.Accuracy)
	}
	three := do(3, filepath.Join(t.TempDir(), "three"))
	if math.Abs(three.Loss-want.Loss) > 1e-5*want.Loss {
		t.Errorf("three processes: loss %v, want %v", three.Loss, want.Loss)
	}
}

// TestProcessesOfResNet: the BatchNorms of a ResNet go over the images of all processes, whose
// numbers round otherwise than those of one.
func TestProcessesOfResNet(t *testing.T) {
	c := tiny(t, 3)
	c.Model = recipe.DefaultFinetune().Model
	c.Model.Size, c.Model.Width, c.Model.Stem = model.ResNet18, 4, model.StemSmall
	c.Train.BatchSize, c.Train.Accumulate, c.Train.DropPath, c.Train.LayerDecay = 12, 2, 0, 1
	do := func(processes int) *Summary {
		s, err := trainertest.Together(t, processes, func(
			ctx context.Context, p comm.Processes,
		) (*Summary, error) {
			run := filepath.Join(t.TempDir(), "run")
			return Run(ctx, Options{Config: c, Run: run, Processes: p})
		})
		if err != nil {
			t.Fatalf("%d processes: %v", processes, err)
		}
		return s
	}
	want := do(1)
	for _, processes := range []int{2, 3} {
		got := do(processes)
		t.Logf("%d processes: loss %v, want %v", processes, got.Loss, want.Loss)
		if math.Abs(got.Loss-want.Loss) > 1e-5*want.Loss || got.Accuracy != want.Accuracy {
			t.Errorf("%d processes: loss %v, accuracy %v, want %v and %v", processes, got.Loss,
				got.Accuracy, want.Loss, want.Accuracy)
		}
	}
}

// TestDivergenceOfProcesses: diverged.json names the images of the whole batch, each once, though
// the processes load images that mirror those of others too.
func TestDivergenceOfProcesses(t *testing.T) {
	c := tiny(t, 3)
	c.Optim.BaseLR, c.Optim.WarmupEpochs, c.Train.BatchSize, c.Mix.Prob = 1e30, 0, 8, 1
	run := filepath.Join(t.TempDir(), "run")
	_, err := trainertest.Together(t, 2, func(
		ctx context.Context, p comm.Processes,
	) (*Summary, error) {
		return Run(ctx, Options{Config: c, Run: run, Processes: p})
	})
	if !errors.As(err, new(*trainer.Diverged)) {
		t.Fatalf("got %v, want *trainer.Diverged", err)
	}
	text, err := os.ReadFile(filepath.Join(run, "diverged.json"))
	var said struct {
		Images []int `json:"images"`
	}
	if err := errors.Join(err, json.Unmarshal(text, &said)); err != nil {
		t.Fatal(err)
	}
	slices.Sort(said.Images)
	if len(said.Images) != 8 || len(slices.Compact(said.Images)) != 8 {
		t.Errorf("diverged.json names %v, not the 8 images of the batch", said.Images)
	}
}
