package runpage

import (
	"strings"
	"testing"

	"cmae/internal/method"
	"cmae/internal/rundir"
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
		"mine: running (process ", "epoch 2/2  step 4/8  64 img/s  eta 2 s", "loss        ▁▁▁▁  2", "warning: mind",
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

func TestSparkline(t *testing.T) {
	if got := sparkline([]float64{0, 0, 1, 1, 2, 2, 7, 7}, 4); got != "▁▂▃█" {
		t.Error(got)
	}
}
