package backend_test

import (
	"bufio"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"cmae/internal/config"
	"cmae/internal/contrastivecrop"
	"cmae/internal/kernel/backend"
	"cmae/internal/method"
	"cmae/internal/model"
	"cmae/internal/recipe"
	"cmae/internal/rundir"
	"cmae/internal/trainer/pretrain"
)

// TestEnginesTrainAlike: whole runs on every engine of the table have the losses of the first
// one's. What a graph or the loop asks of an engine beyond single operations (arenas, queues that
// are written row by row, what outlives a step) shows here.
func TestEnginesTrainAlike(t *testing.T) {
	for name, set := range map[string]func(c *recipe.Pretrain){
		"cmae": func(c *recipe.Pretrain) {
			c.Model.Dim, c.Model.Depth, c.Model.Heads, c.Model.PatchSize = 16, 1, 2, 7
			c.Decoder.Dim, c.Decoder.Depth = 16, 1
			c.Contrast.Hidden, c.Contrast.Out, c.Contrast.QueueSize = 16, 8, 25
		},
		"cmae, keys from a bank": func(c *recipe.Pretrain) { // that come back in the second epoch
			c.Model.Dim, c.Model.Depth, c.Model.Heads, c.Model.PatchSize = 16, 1, 2, 7
			c.Decoder.Dim, c.Decoder.Depth = 16, 1
			c.Contrast.Hidden, c.Contrast.Out, c.Contrast.Key = 16, 8, recipe.KeyBank
			c.Train.Epochs = 2
		},
		"mae, crops by heat maps": func(c *recipe.Pretrain) { // found anew before the second epoch
			c.Contrast.Weight, c.Location.Weight = 0, 0
			c.Model.Dim, c.Model.Depth, c.Model.Heads, c.Model.PatchSize = 16, 1, 2, 7
			c.Decoder.Dim, c.Decoder.Depth = 16, 1
			c.Crop.Enabled, c.Crop.Net = true, contrastivecrop.Online
			c.Crop.Start, c.Crop.Interval, c.Train.Epochs = 0, .5, 2
		},
		"moco-v1": func(c *recipe.Pretrain) {
			c.Model.Size, c.Model.Width = model.ResNet18, 4
			c.Contrast.QueueSize, c.Contrast.Groups = 20, 2
		},
		"moco-v2": func(c *recipe.Pretrain) {
			c.Model.Size, c.Model.Width = model.ResNet18, 4
			c.Contrast.Hidden, c.Contrast.QueueSize, c.Contrast.Groups = 16, 25, 2
		},
		"moco-v3": func(c *recipe.Pretrain) {
			c.Model.Dim, c.Model.Depth, c.Model.Heads, c.Model.PatchSize = 16, 1, 2, 7
			c.Contrast.Hidden, c.Contrast.Out = 16, 8
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := method.Default()
			if slices.Contains(method.All().Names(), name) {
				var err error
				c, err = method.Load(c, config.Source{Set: []string{"method=" + name}})
				if err != nil {
					t.Fatal(err)
				}
			}
			c.Train.Epochs = 1
			set(&c)
			c.Data.Limit, c.Data.CacheDir, c.Precision, c.Threads = 60, t.TempDir(), "f32", 2
			c.Optim.WarmupEpochs = 0.5
			c.Train.BatchSize = 10
			alike(t, c.Precision, func(engine, run string) error {
				c.Engine = engine
				_, err := pretrain.Pretrain(t.Context(), pretrain.Options{Config: c, Run: run})
				return err
			})
		})
	}
}

// alike trains on every engine of the table and holds the losses against the first one's.
func alike(t *testing.T, precision string, train func(engine, run string) error) {
	t.Helper()
	table := backend.Engines()
	want := losses(t, table[0].Name, train)
	for _, name := range others(t, table, precision) {
		for i, got := range losses(t, name, train) {
			// what is rounded otherwise in a step is another step afterwards
			tolerance := 1e-5 * math.Pow(10, float64(min(i, 3)))
			if !(math.Abs(got-want[i]) <= tolerance*want[i]) {
				t.Errorf("%s, step %d: loss %v, want %v", name, i+1, got, want[i])
			}
		}
	}
}

// others are the engines behind the first that this machine has.
func others(t *testing.T, table backend.Table, precision string) (names []string) {
	t.Helper()
	for _, b := range table[1:] {
		e, err := table.Open(b.Name, precision, 2)
		if err != nil {
			t.Logf("%s is left out: %v", b.Name, err)
			continue
		}
		e.Close()
		names = append(names, b.Name)
	}
	return names
}

// losses are those of the steps of a run.
func losses(t *testing.T, engine string, train func(engine, run string) error) (list []float64) {
	t.Helper()
	run := filepath.Join(t.TempDir(), engine)
	if err := train(engine, run); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(filepath.Join(run, rundir.MetricsFile))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var r rundir.Row
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		if r.Event == rundir.StepEvent {
			list = append(list, r.Values[rundir.Loss])
		}
	}
	if len(list) == 0 {
		t.Fatalf("%s made no step", engine)
	}
	return list
}
