package recipe

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cmae/internal/config"
)

// TestShorterRuns: a warm-up that a default or a file gives is shortened where a later source
// shortens the run, and only where it would take all of it; both from one source are refused.
func TestShorterRuns(t *testing.T) {
	file := filepath.Join(t.TempDir(), "c.yaml")
	text := "optim: {warmup_epochs: 40}\ntrain: {epochs: 300}\n"
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		set, env []string
		want     float64
	}{
		{nil, nil, 40},
		{[]string{"train.epochs=100"}, nil, 40},
		{[]string{"train.epochs=1"}, nil, .25},
		{nil, []string{"CMAE_TRAIN_EPOCHS=2"}, .5},
		{[]string{"train.epochs=20", "optim.warmup_epochs=3"}, nil, 3},
		{[]string{"train.epochs=2", "optim.warmup_epochs=3"}, nil, -1},
		{[]string{"optim.warmup_epochs=300"}, nil, -1},
	} {
		f := DefaultFinetune()
		err := config.Load(&f, config.Source{File: file, Set: c.set, Env: c.env})
		if c.want < 0 {
			if err == nil || !strings.Contains(err.Error(), "optim.warmup_epochs") {
				t.Errorf("%v: %v", c.set, err)
			}
		} else if err != nil || f.Optim.WarmupEpochs != c.want {
			t.Errorf("%v %v: %g, %v", c.set, c.env, f.Optim.WarmupEpochs, err)
		}
	}
	p, err := LoadReader(DefaultPretrain(), config.Source{Set: []string{"probe.epochs=2"}})
	if err != nil || p.Probe.WarmupEpochs != .5 {
		t.Errorf("probe: %g, %v", p.Probe.WarmupEpochs, err)
	}
}
