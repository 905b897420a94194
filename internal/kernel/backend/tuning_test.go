package backend_test

import (
	"math"
	"testing"

	"cmae/internal/evaluate"
	"cmae/internal/evaluate/encoder"
	"cmae/internal/evaluate/probe"
	"cmae/internal/kernel/backend"
	"cmae/internal/method"
	"cmae/internal/model"
	"cmae/internal/optim"
	"cmae/internal/recipe"
	"cmae/internal/trainer/finetune"
)

// TestEnginesFinetuneAlike: as TestEnginesTrainAlike, with mixed images, paths that are dropped and
// rates that fall with depth.
func TestEnginesFinetuneAlike(t *testing.T) {
	for name, set := range map[string]func(c *recipe.Finetune){
		"transformer": func(c *recipe.Finetune) {
			c.Model.Dim, c.Model.Depth, c.Model.Heads, c.Model.PatchSize = 16, 2, 2, 7
			c.Train.DropPath, c.Train.LayerDecay, c.Mix.Prob = 0.3, 0.75, 1
		},
		"resnet": func(c *recipe.Finetune) {
			c.Model = model.EncoderConfig{Size: model.ResNet18, Stem: model.StemSmall, Width: 4}
			c.Optim = optim.Default()
			c.Optim.Kind, c.Optim.DecayAll, c.Optim.WeightDecay = optim.KindSGD, true, 1e-4
			c.Train.DropPath, c.Train.LayerDecay = 0, 1
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := recipe.DefaultFinetune()
			set(&c)
			c.Data.Limit, c.Data.CacheDir, c.Precision, c.Threads = 60, t.TempDir(), "f32", 2
			c.Train.Epochs, c.Train.BatchSize, c.Optim.WarmupEpochs = 1, 10, 0.5
			alike(t, c.Precision, func(engine, run string) error {
				c.Engine = engine
				_, err := finetune.Run(t.Context(), finetune.Options{Config: c, Run: run})
				return err
			})
		})
	}
}

// TestEnginesProbeAlike: a linear probe, of features that are computed once and of new crops in
// every epoch, has the losses and the answers of the first engine's. An image that two classes
// have nearly as much of may go to either.
func TestEnginesProbeAlike(t *testing.T) {
	for _, protocol := range []recipe.Protocol{recipe.Cached, recipe.Augmented} {
		t.Run(string(protocol), func(t *testing.T) {
			c := method.Default()
			c.Model.Dim, c.Model.Depth, c.Model.Heads, c.Model.PatchSize = 16, 1, 2, 7
			c.Data.Limit, c.Data.CacheDir, c.Precision, c.Threads = 60, t.TempDir(), "f32", 2
			c.Probe.Protocol, c.Probe.Epochs, c.Probe.WarmupEpochs = protocol, 3, 1
			c.Probe.BatchSize = 20
			table := backend.Engines()
			want := probed(t, c, table[0].Name)
			for _, name := range others(t, table, c.Precision) {
				got := probed(t, c, name)
				for i, epoch := range got.Curve {
					if loss := want.Curve[i].Loss; !(math.Abs(epoch.Loss-loss) <= 1e-4*loss) {
						t.Errorf("%s, epoch %d: loss %v, want %v", name, i+1, epoch.Loss, loss)
					}
				}
				if one := 1 / float64(want.Test); math.Abs(got.Accuracy-want.Accuracy) > 1.5*one {
					t.Errorf("%s: accuracy %v, want %v", name, got.Accuracy, want.Accuracy)
				}
			}
		})
	}
}

// probed is the probe of an encoder with random weights.
func probed(t *testing.T, c recipe.Pretrain, engine string) evaluate.Result {
	t.Helper()
	c.Engine = engine
	e, err := encoder.Open(encoder.Options{Config: &c})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	}()
	r, err := probe.Run(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Curve) == 0 {
		t.Fatalf("%s trained no epoch", engine)
	}
	return r
}
