package trainer_test

import (
	"bufio"
	"context"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"

	"cmae/internal/kernel/portable"
	"cmae/internal/method"
	"cmae/internal/recipe"
	"cmae/internal/rundir"
	"cmae/internal/rundir/checkpoint"
	"cmae/internal/trainer/finetune"
	"cmae/internal/trainer/pretrain"
)

// TestFormerRuns goes on with runs that an earlier version began (testdata/README.md): every tensor
// of the last checkpoint, and every row of metrics, is what that version came to.
func TestFormerRuns(t *testing.T) {
	pretraining := func(run string, settings []byte) error {
		c, err := method.All().Decode(run, settings)
		if err != nil {
			return err
		}
		o := pretrain.Options{Config: c, Run: run, Resume: rundir.ResumeLast}
		_, err = pretrain.Pretrain(context.Background(), o)
		return err
	}
	finetuning := func(run string, settings []byte) error {
		c, err := recipe.LoadFinetune(run, settings)
		if err != nil {
			return err
		}
		o := finetune.Options{Config: c, Run: run, Resume: rundir.ResumeLast}
		_, err = finetune.Run(context.Background(), o)
		return err
	}
	for name, resume := range map[string]func(run string, settings []byte) error{
		"cmae": pretraining, "moco-v1": pretraining, "finetune": finetuning,
	} {
		t.Run(name, func(t *testing.T) {
			run := filepath.Join(t.TempDir(), name)
			interrupted := os.DirFS(filepath.Join("testdata", name, "interrupted"))
			if err := os.CopyFS(run, interrupted); err != nil {
				t.Fatal(err)
			}
			settings, err := os.ReadFile(filepath.Join(run, checkpoint.SettingsFile))
			if err == nil {
				err = resume(run, settings)
			}
			if err != nil {
				t.Fatal(err)
			}
			finished := filepath.Join("testdata", name, "finished")
			sameTensors(t, finished, run, near(name))
			sameRows(t, finished, run, near(name))
		})
	}
}

// near is how far a number may be from that of the earlier version, relative to it. CPUs with the
// engine's assembly round alike, nearly; others don't, and BatchNorm over a single channel makes
// much of little. InfoNCE, and BatchNorm of narrow networks, keep more digits than that version's.
func near(name string) float64 {
	switch {
	case !portable.Vectorized():
		return 0.1
	case name == "moco-v1":
		return 5e-3
	case name == "cmae":
		return 1e-4
	}
	return 1e-6
}

// sameTensors compares the last checkpoints of two runs.
func sameTensors(t *testing.T, wantRun, gotRun string, near float64) {
	t.Helper()
	want, got := last(t, wantRun), last(t, gotRun)
	if got.Step != want.Step || got.Epoch != want.Epoch || len(got.Tensors) != len(want.Tensors) {
		t.Fatalf("step %d of epoch %d with %d groups, want step %d of epoch %d with %d", got.Step,
			got.Epoch, len(got.Tensors), want.Step, want.Epoch, len(want.Tensors))
	}
	for name, v := range want.Metrics {
		if !close(got.Metrics[name], v, near) {
			t.Errorf("metric %s is %g, want %g", name, got.Metrics[name], v)
		}
	}
	for group, tensors := range want.Tensors {
		there := map[string][]float32{}
		for _, tensor := range got.Tensors[group] {
			there[tensor.Name] = values(t, tensor)
		}
		if len(there) != len(tensors) {
			t.Errorf("%d tensors in group %s, want %d", len(there), group, len(tensors))
		}
		for _, tensor := range tensors {
			if d := distance(there[tensor.Name], values(t, tensor)); !(d <= near) {
				t.Errorf("%s/%s is off by %.2g of its length", group, tensor.Name, d)
			}
		}
	}
}

func last(t *testing.T, run string) *checkpoint.Checkpoint {
	t.Helper()
	c, err := checkpoint.Load(filepath.Join(run, checkpoint.Last))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func values(t *testing.T, tensor checkpoint.Tensor) []float32 {
	t.Helper()
	v, err := tensor.Float32s()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// distance is |got-want| over |want|, infinite for another number of values.
func distance(got, want []float32) float64 {
	if len(got) != len(want) {
		return math.Inf(1)
	}
	d, n := 0.0, 0.0
	for i, w := range want {
		d += math.Pow(float64(got[i])-float64(w), 2)
		n += math.Pow(float64(w), 2)
	}
	if d == 0 {
		return 0
	}
	return math.Sqrt(d / n)
}

func close(got, want, near float64) bool { return math.Abs(got-want) <= near*math.Abs(want) }

// sameRows compares the metrics of two runs, but for what a clock says.
func sameRows(t *testing.T, wantRun, gotRun string, near float64) {
	t.Helper()
	want, got := rows(t, wantRun), rows(t, gotRun)
	if len(got) != len(want) {
		t.Fatalf("%d rows, want %d", len(got), len(want))
	}
	for i, w := range want {
		g := got[i]
		if g.Event != w.Event || g.Step != w.Step || g.Epoch != w.Epoch ||
			len(g.Values) != len(w.Values) {
			t.Errorf("row %d is %v, want %v", i, g, w)
			continue
		}
		for name, v := range w.Values {
			if name == rundir.ImagesPerSecond || name == rundir.DataWait {
				continue
			}
			if now, ok := g.Values[name]; !ok || !close(now, v, near) {
				t.Errorf("row %d: %s is %g, want %g", i, name, now, v)
			}
		}
	}
}

func rows(t *testing.T, run string) (list []rundir.Row) {
	t.Helper()
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
		list = append(list, r)
	}
	return list
}
