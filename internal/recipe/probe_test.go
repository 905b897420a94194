package recipe

import (
	"math"
	"strings"
	"testing"

	"cmae/internal/config"
)

func TestProbeValidate(t *testing.T) {
	if err := config.Check("probe", DefaultProbe()); err != nil {
		t.Fatal(err)
	}
	for key, change := range map[string]func(*Probe){
		"probe.feature":       func(c *Probe) { c.Feature = "pixels" },
		"probe.protocol":      func(c *Probe) { c.Protocol = "both" },
		"probe.epochs":        func(c *Probe) { c.Epochs = 0 },
		"probe.batch_size":    func(c *Probe) { c.BatchSize = 1 },
		"probe.base_lr":       func(c *Probe) { c.BaseLR = math.NaN() },
		"probe.warmup_epochs": func(c *Probe) { c.WarmupEpochs = 90 },
		"probe.knn_k":         func(c *Probe) { c.KNNK = 0 },
		"probe.knn_tau":       func(c *Probe) { c.KNNTau = 0 },
	} {
		c := DefaultProbe()
		change(&c)
		if err := config.Check("probe", c); err == nil ||
			!strings.HasPrefix(err.Error(), key+": ") {
			t.Errorf("%s: got %v", key, err)
		}
	}
}
