package pretrain

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"cmae/internal/comm"
	"cmae/internal/config"
	"cmae/internal/fault"
	"cmae/internal/report"
	"cmae/internal/rundir/checkpoint"
	"cmae/internal/trainer"
	"cmae/internal/trainer/trainertest"
)

// TestReplayRepeatsTheStep: what one process or two keep of a step whose loss is beyond float32 by
// its weight alone gives the same terms again, and the operation that weighs.
func TestReplayRepeatsTheStep(t *testing.T) {
	for name, c := range shared(t) {
		c.Precision, c.Replicas = "f32", 1
		if c.Contrast.Weight > 0 {
			c.Contrast.Weight = 3e38
		} else {
			c.Reconstruct.Weight = 3.4e38
		}
		for _, processes := range []int{1, 2} {
			t.Run(fmt.Sprint(name, processes), func(t *testing.T) {
				run := filepath.Join(t.TempDir(), "run")
				_, err := trainertest.Together(t, processes, func(
					ctx context.Context, p comm.Processes,
				) (*Summary, error) {
					return Pretrain(ctx, Options{Config: c, Run: run, Processes: p})
				})
				var diverged *trainer.Diverged
				if !errors.As(err, &diverged) || diverged.Lost != nil ||
					!strings.Contains(err.Error(), "cmae replay "+report.Quoted(diverged.Bundle)) {
					t.Fatal(err)
				}
				b, err := trainer.OpenBundle(run)
				if err != nil {
					t.Fatal(err)
				}
				again, err := Replay(b, config.Source{})
				if err != nil {
					t.Fatal(err)
				}
				f := again.Found
				if again.Finite || again.Term != diverged.Term ||
					f == nil || f.Output.Finite() || f.Backward {
					t.Errorf("replayed %+v", again)
				}
				for term, before := range b.Divergence.Losses {
					want, _ := strconv.ParseFloat(before, 64)
					got, _ := strconv.ParseFloat(again.Losses[term], 64)
					same := want == got || math.Abs(got-want) < 1e-5*math.Abs(want)
					if !same || term != "loss" && math.IsInf(want, 0) {
						t.Errorf("%s: %v again, and before %v", term, got, want)
					}
				}
				if processes == 1 && name == "mae" {
					hostile(t, b.Path)
				}
			})
		}
	}
}

// hostile damages a bundle file by file: each damage is one line and a checkpoint's exit code.
func hostile(t *testing.T, path string) {
	t.Helper()
	entries, err := os.ReadDir(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		file := filepath.Join(path, e.Name())
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, damage := range []func() error{
			func() error { return os.Remove(file) },
			func() error { return os.WriteFile(file, text[:len(text)/2], 0o644) },
		} {
			if err := damage(); err != nil {
				t.Fatal(err)
			}
			_, err := trainer.OpenBundle(path)
			if err == nil || fault.ExitCode(err) != 4 || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s damaged: %v", e.Name(), err)
			}
		}
		if err := os.WriteFile(file, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	// whole, but of another batch
	for name, change := range map[string]func(c *checkpoint.Checkpoint){
		"lacks noise_query": func(c *checkpoint.Checkpoint) { c.Tensors["batch"] = nil },
		"values": func(c *checkpoint.Checkpoint) {
			c.Tensors["batch"][2].Shape, c.Tensors["batch"][2].Data = []int{1}, make([]byte, 4)
		},
		"lacks": func(c *checkpoint.Checkpoint) {
			c.Tensors["model"] = c.Tensors["model"][1:]
		},
		"patch_size":          func(c *checkpoint.Checkpoint) { c.Side = -7 },
		"image":               func(c *checkpoint.Checkpoint) { c.Side = 0 },
		"65536 are supported": func(c *checkpoint.Checkpoint) { c.Side = 7 << 20 },
	} {
		c, err := checkpoint.Load(path)
		if err != nil {
			t.Fatal(err)
		}
		change(c)
		other := t.TempDir()
		if _, err := checkpoint.NewStore(other).SaveBundle(c); err != nil {
			t.Fatal(err)
		}
		b, err := trainer.OpenBundle(other)
		if err == nil {
			_, err = Replay(b, config.Source{})
		}
		if err == nil || !strings.Contains(err.Error(), name) ||
			strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestReplayChangesOnlyWhatComputes: a setting of the step is refused, an engine is not.
func TestReplayChangesOnlyWhatComputes(t *testing.T) {
	c := tiny(t)
	c.Optim.BaseLR, c.Optim.WarmupEpochs = 1e30, 0
	run := filepath.Join(t.TempDir(), "run")
	_, err := Pretrain(t.Context(), Options{Config: c, Run: run})
	if !errors.Is(err, fault.NonFinite) {
		t.Fatal(err)
	}
	b, err := trainer.OpenBundle(run)
	if err != nil {
		t.Fatal(err)
	}
	_, err = Replay(b, config.Source{Set: []string{"mask.ratio=0.5"}})
	if !errors.Is(err, fault.Usage) {
		t.Error(err)
	}
	again, err := Replay(b, config.Source{Set: []string{"engine=portable", "precision=f32"}})
	if err != nil || again.Engine != "portable" || again.Found == nil ||
		again.Found.Op != "linear" {
		t.Errorf("%+v, %v", again, err)
	}
}
