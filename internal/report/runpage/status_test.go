package runpage

import (
	"os"
	"strings"
	"testing"

	"cmae/internal/method"
	"cmae/internal/rundir"
	"cmae/internal/rundir/checkpoint"
)

func TestStatus(t *testing.T) {
	c := method.Default()
	c.Train.Epochs, c.Train.BatchSize, c.Optim.WarmupEpochs = 2, 32, 0
	f := folder(t, c)
	lock, err := f.Lock(nil)
	if err != nil {
		t.Fatal(err)
	}
	s, err := StatusOf(string(f))
	if err != nil {
		t.Fatal(err)
	}
	// four steps of an epoch are done, each took half a second
	if s.State != "running" || s.Step != 4 || s.AllSteps != 8 || s.Speed != 64 || s.ETA != 2 {
		t.Errorf("status %+v", s)
	}
	var text strings.Builder
	if err := s.WriteText(&text, 80); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"mine: running (process ", "epoch 2/2  step 4/8  64 img/s  eta 2 s",
		"loss        ▁▁▁▁  2", "warning: mind",
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the text lacks %q:\n%s", want, text.String())
		}
	}
	if err := lock.Release(); err != nil {
		t.Fatal(err)
	}
	if s, err = StatusOf(string(f)); err != nil || s.State != "stopped" || s.ETA != 0 {
		t.Errorf("status %+v, %v", s, err)
	}
	if _, err := StatusOf(string(rundir.Folder(t.TempDir()))); err == nil {
		t.Error("a status of no run")
	}
}

// TestEndedEarly: a run that train.patience has ended is done, though epochs are left.
func TestEndedEarly(t *testing.T) {
	c := method.Default()
	c.Train.Epochs, c.Train.Patience, c.Train.BatchSize, c.Optim.WarmupEpochs = 3, 2, 32, 0
	f := folder(t, c)
	for stale, want := range []State{Stopped, Stopped, Early} {
		if _, err := checkpoint.NewStore(string(f)).Save(&checkpoint.Checkpoint{
			Manifest: checkpoint.Manifest{
				Step: 4 + stale, Epoch: 1,
				Metrics: map[string]float64{checkpoint.StaleMetric: float64(stale)},
			},
		}); err != nil {
			t.Fatal(err)
		}
		s, err := StatusOf(string(f))
		if err != nil || s.State != want {
			t.Errorf("%d stale: %+v, %v", stale, s, err)
		}
		var text strings.Builder
		if err := s.WriteText(&text, 80); err != nil || want == Early &&
			!strings.HasPrefix(text.String(), "mine: ended early\nepoch 1/3") {
			t.Errorf("%v\n%s", err, text.String())
		}
	}
}

// TestOddRuns: a long line of the log is read, and settings that cannot be read are those of the
// command that wrote them.
func TestOddRuns(t *testing.T) {
	c := method.Default()
	c.Train.Epochs, c.Train.BatchSize, c.Optim.WarmupEpochs = 2, 32, 0
	f := folder(t, c)
	long := strings.Repeat("x", 1<<17)
	if err := os.WriteFile(f.Log(), []byte("now warning: "+long+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if s, err := StatusOf(string(f)); err != nil || len(s.Warnings) != 1 || s.Warnings[0] != long {
		t.Errorf("a long line: %v", err)
	}
	settings := []byte("recipe: light\nnonsense: 1\nmix:\n  mixup: 0\n")
	if err := os.WriteFile(f.File(checkpoint.SettingsFile), settings, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := StatusOf(string(f)); err == nil || !strings.Contains(err.Error(), "nonsense") ||
		strings.Contains(err.Error(), "mix") {
		t.Errorf("unknown settings of a finetuning: %v", err)
	}
}

func TestSparkline(t *testing.T) {
	if got := sparkline([]float64{0, 0, 1, 1, 2, 2, 7, 7}, 4); got != "▁▂▃█" {
		t.Error(got)
	}
}
