package recipe

import (
	"errors"
	"math"
	"strings"
	"testing"

	"cmae/internal/config"
	"cmae/internal/contrastivecrop"
)

func TestFinetuneRefusals(t *testing.T) {
	valid := []error{
		config.Check("", DefaultFinetune()), DefaultFinetune().ValidateData(28, 500),
	}
	if err := errors.Join(valid...); err != nil {
		t.Fatal(err)
	}
	for key, change := range map[string]func(c *Finetune){
		"optim.warmup_epochs":    func(c *Finetune) { c.Train.Epochs = 5 },
		"engine":                 func(c *Finetune) { c.Engine = "steam" },
		"mix.cutmix":             func(c *Finetune) { c.Mix.Cutmix = -1 },
		"mix.smoothing":          func(c *Finetune) { c.Mix.Smoothing = 1.5 },
		"train.epochs":           func(c *Finetune) { c.Train.Epochs = 0 },
		"train.layer_decay":      func(c *Finetune) { c.Train.LayerDecay = 0 },
		"train.drop_path":        func(c *Finetune) { c.Train.DropPath = 1 },
		"train.checkpoint_every": func(c *Finetune) { c.Train.CheckpointEvery = 0 },
		"train.eval_every":       func(c *Finetune) { c.Train.EvalEvery = 0 },
		"train.accumulate":       func(c *Finetune) { c.Train.Accumulate = 3 },
		"threads":                func(c *Finetune) { c.Threads = 513 },
	} {
		c := DefaultFinetune()
		change(&c)
		refused(t, key, config.Check("", c))
	}
	refused(t, "train.batch_size", DefaultFinetune().ValidateData(28, 127))
	refused(t, "model.patch_size", DefaultFinetune().ValidateData(37, 500))
}

// refused demands a fault of one setting.
func refused(t *testing.T, key string, err error) {
	t.Helper()
	var fault *config.Fault
	if !errors.As(err, &fault) || fault.Key != key {
		t.Errorf("%s: got %v", key, err)
	}
}

// TestReplicas: a number of replicas divides what is computed together.
func TestReplicas(t *testing.T) {
	for _, c := range []struct {
		count, batch, parts int
		want                string
	}{
		{0, 63, 1, ""}, {1, 63, 1, ""}, {2, 64, 1, ""}, {2, 64, 2, ""},
		{-1, 64, 1, "replicas: -1 must be between 0 and 256"},
		{512, 1024, 1, "replicas: 512 must be between 0 and 256"},
		{2, 63, 1, "replicas: 2 do not divide the 63 images"},
		{4, 8, 4, "replicas: 4 do not divide the 2 images"},
	} {
		f := DefaultFinetune()
		f.Replicas, f.Train.BatchSize, f.Train.Accumulate = c.count, c.batch, c.parts
		err := config.Check("", f)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

// TestThreads: as many as any machine has are accepted.
func TestThreads(t *testing.T) {
	for n, ok := range map[int]bool{0: true, 1: true, 512: true, -1: false, 100000: false} {
		c := DefaultFinetune()
		c.Threads = n
		if err := config.Check("", c); (err == nil) != ok || err != nil &&
			!strings.HasPrefix(err.Error(), "threads: ") {
			t.Errorf("%d: %v", n, err)
		}
	}
}

func TestCropRefusals(t *testing.T) {
	for key, spoil := range map[string]func(*contrastivecrop.Config){
		"crop.source":    func(c *contrastivecrop.Config) { c.Source = "gradcam" },
		"crop.net":       func(c *contrastivecrop.Config) { c.Net = "" },
		"crop.threshold": func(c *contrastivecrop.Config) { c.Threshold = 1 },
		"crop.alpha":     func(c *contrastivecrop.Config) { c.Alpha = math.NaN() },
		"crop.start":     func(c *contrastivecrop.Config) { c.Start = -.1 },
		"crop.interval":  func(c *contrastivecrop.Config) { c.Interval = 0 },
	} {
		c := DefaultPretrain()
		spoil(&c.Crop)
		refused(t, key, config.Check("", c))
	}
}
