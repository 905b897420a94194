package trainer

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cmae/internal/checkpoint"
)

// tiny is a run of seconds that has every kind of state: queue, boxes, momentum, moments, predictor, best metric.
func tiny(t *testing.T) Config {
	c := Default()
	c.Data.Limit, c.Data.CacheDir = 60, t.TempDir()
	c.Model.Dim, c.Model.Depth, c.Model.Heads, c.Model.PatchSize = 16, 1, 2, 7
	c.Decoder.Dim, c.Decoder.Depth = 16, 1
	c.Contrast.Hidden, c.Contrast.Out, c.Contrast.QueueSize, c.Contrast.Predictor = 16, 8, 25, true
	c.Location.DropPosition = 0.2
	c.Crop.Enabled, c.Crop.Interval = true, 0.4
	c.Optim.WarmupEpochs = 1
	c.Train = TrainConfig{Epochs: 5, BatchSize: 10, Accumulate: 1, CheckpointEvery: 2, KeepLast: 1, Best: "knn", KNNEvery: 2}
	return c
}

// stopAfter is a context that ends at the n-th look at it by the loop, whatever it is doing then.
type stopAfter struct {
	context.Context
	left *int
}

func (s stopAfter) Err() error {
	if *s.left--; *s.left < 0 {
		return context.Canceled
	}
	return nil
}

func TestResumeGivesTheSameBits(t *testing.T) {
	for precision, stops := range map[string][][]int{
		"f32":  {{1}, {9}, {6, 1, 8}}, // before the first step, mid-epoch, three times
		"bf16": {{9}},                 // the copies of the weights come back too
	} {
		t.Run(precision, func(t *testing.T) {
			c := tiny(t)
			c.Precision = precision
			resumeGivesTheSameBits(t, c, stops)
		})
	}
}

func resumeGivesTheSameBits(t *testing.T, c Config, everyStops [][]int) {
	whole := filepath.Join(t.TempDir(), "whole")
	if _, err := Pretrain(context.Background(), Options{Config: c, Run: whole}); err != nil {
		t.Fatal(err)
	}
	for _, stops := range everyStops {
		run := filepath.Join(t.TempDir(), "resumed")
		o := Options{Config: c, Run: run}
		for _, n := range stops {
			_, err := Pretrain(stopAfter{context.Background(), &n}, o)
			var interrupted *Interrupted
			if !errors.As(err, &interrupted) {
				t.Fatalf("stopped after %d looks: %v", n, err)
			}
			o.Resume = ResumeLast
			o.Config.Loader.Workers++ // their number changes nothing
		}
		if _, err := Pretrain(context.Background(), o); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(digests(t, whole), digests(t, run)); diff != "" {
			t.Errorf("stops %v: state differs:\n%s", stops, diff)
		}
		if diff := cmp.Diff(rows(t, whole), rows(t, run)); diff != "" {
			t.Errorf("stops %v: metrics differ:\n%s", stops, diff)
		}
	}
}

// digests are the checksums of every tensor of the last checkpoint, and where it stands.
func digests(t *testing.T, run string) map[string]any {
	m, err := checkpoint.ReadManifest(filepath.Join(run, "last"))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]any{"step": m.Step, "epoch": m.Epoch, "metrics": m.Metrics}
	for _, f := range m.Files {
		for name, sum := range f.Tensors {
			all[f.Name+"/"+name] = sum
		}
	}
	return all
}

// rows are the metrics without what a clock says.
func rows(t *testing.T, run string) []Row {
	f, err := os.Open(filepath.Join(run, "metrics.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var list []Row
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var r Row
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		r.ImagesPerSecond, r.DataWait = 0, nil
		list = append(list, r)
	}
	return list
}

func TestResumeRefusesChangedSettings(t *testing.T) {
	c := tiny(t)
	c.Train.Epochs, c.Train.KNNEvery, c.Train.Best = 2, 0, "loss"
	run := filepath.Join(t.TempDir(), "run")
	if _, err := Pretrain(context.Background(), Options{Config: c, Run: run}); err != nil {
		t.Fatal(err)
	}
	if _, err := Pretrain(context.Background(), Options{Config: c, Run: run}); !errors.Is(err, ErrUsage) {
		t.Errorf("an existing run was not refused: %v", err)
	}
	c.Contrast.Tau = 0.3
	_, err := Pretrain(context.Background(), Options{Config: c, Run: run, Resume: ResumeLast})
	if !errors.Is(err, ErrUsage) {
		t.Fatalf("changed settings were not refused: %v", err)
	}
	t.Log(err)
}

func TestDivergenceStopsBeforeTheUpdate(t *testing.T) {
	c := tiny(t)
	c.Optim.BaseLR, c.Optim.WarmupEpochs = 1e30, 0
	run := filepath.Join(t.TempDir(), "run")
	_, err := Pretrain(context.Background(), Options{Config: c, Run: run})
	var diverged *Diverged
	if !errors.As(err, &diverged) {
		t.Fatalf("got %v, want *Diverged", err)
	}
	if _, err := os.Stat(filepath.Join(run, "diverged.json")); err != nil {
		t.Error(err)
	}
}

func TestAccumulationEqualsTheWholeBatch(t *testing.T) {
	c := tiny(t)
	c.Contrast.Weight, c.Location.Weight, c.Crop.Enabled = 0, 0, false
	c.Train.Epochs, c.Train.KNNEvery, c.Train.Best = 2, 0, "loss"
	var last [2]float64
	for i, parts := range []int{1, 5} {
		c.Train.Accumulate = parts
		s, err := Pretrain(context.Background(), Options{Config: c, Run: filepath.Join(t.TempDir(), "run")})
		if err != nil {
			t.Fatal(err)
		}
		last[i] = s.Loss
	}
	if d := last[0] - last[1]; d > 1e-5 || d < -1e-5 { // other order of summation in float32
		t.Errorf("loss %g in one part, %g in five", last[0], last[1])
	}
}
