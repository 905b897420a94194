package finetune

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cmae/internal/config"
	"cmae/internal/dataset"
	"cmae/internal/fault"
	"cmae/internal/method"
	"cmae/internal/model"
	"cmae/internal/optim"
	"cmae/internal/recipe"
	"cmae/internal/rng"
	"cmae/internal/rundir"
	"cmae/internal/trainer"
	"cmae/internal/trainer/pretrain"
	"cmae/internal/trainer/trainertest"
	"cmae/internal/weights"
	"cmae/internal/weights/safetensors"
)

// bars is an image folder whose classes are the places of a bright bar: separable, but not by the
// mean colour.
func bars(t *testing.T, classes int) string {
	t.Helper()
	dir := t.TempDir()
	for split, n := range map[string]int{"train": 16, "val": 6} {
		for class := range classes {
			for i := range n {
				r := rng.For(uint64(class), rng.Synthetic, uint64(i), uint64(len(split)))
				img := image.NewRGBA(image.Rect(0, 0, 8, 8))
				for at := range 64 {
					v := uint8(r.IntN(90))
					if at%8/2 == class {
						v += 150
					}
					img.Set(at%8, at/8, color.Gray{Y: v})
				}
				path := filepath.Join(
					dir, split, fmt.Sprintf("class%d", class), fmt.Sprintf("%d.png", i),
				)
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				f, err := os.Create(path)
				if err == nil {
					err = errors.Join(png.Encode(f, img), f.Close())
				}
				if err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	return dir
}

// tiny is a run of a second with everything switched on.
func tiny(t *testing.T, classes int) recipe.Finetune {
	c := recipe.DefaultFinetune()
	c.Engine = "portable"
	c.Data.Path, c.Data.CacheDir = bars(t, classes), t.TempDir()
	c.Model.Dim, c.Model.Depth, c.Model.Heads, c.Model.PatchSize = 16, 2, 2, 2
	c.Optim.WarmupEpochs = 1
	c.Train.Epochs, c.Train.BatchSize, c.Train.CheckpointEvery, c.Train.KeepLast = 4, 10, 2, 1
	return c
}

// resNet is the same of a ResNet, by SGD in steps.
func resNet(c recipe.Finetune) recipe.Finetune {
	c.Model = model.EncoderConfig{Size: model.ResNet18, Stem: "small", Width: 4}
	c.Optim = optim.Default()
	c.Optim.Kind, c.Optim.DecayAll, c.Optim.WeightDecay = optim.KindSGD, true, 1e-4
	c.Optim.Schedule, c.Optim.Milestones = optim.ScheduleStep, []float64{.5}
	c.Optim.WarmupEpochs = 1
	c.Train.DropPath, c.Train.LayerDecay = 0, .8
	return c
}

func tune(t *testing.T, o Options) *Summary {
	t.Helper()
	s, err := Run(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestLearns: a separable set is learned from random weights.
func TestLearns(t *testing.T) {
	c := tiny(t, 3)
	c.Optim.BaseLR, c.Train.Epochs, c.Train.LayerDecay, c.Mix.Prob = .1, 25, 1, .5
	// the others move bars
	c.Augment.ScaleMin, c.Augment.FlipProb, c.Augment.RandOps, c.Augment.EraseProb = .9, 0, 0, 0
	s := tune(t, Options{Config: c, Run: filepath.Join(t.TempDir(), "run")})
	if s.Accuracy < .9 {
		t.Errorf("accuracy %.3f", s.Accuracy)
	}
	if s.Train != 48 || s.Test != 18 || s.Classes != 3 || s.Top5 != nil ||
		s.Best.Accuracy < s.Accuracy {
		t.Errorf("%+v", s)
	}
	if _, err := os.Stat(s.Confusion); err != nil {
		t.Error(err)
	}
	var text strings.Builder
	if err := s.WriteText(&text); err != nil || !strings.Contains(text.String(), "class2") ||
		!strings.Contains(text.String(), "confusion.png") {
		t.Errorf("%v\n%s", err, &text)
	}
}

func TestResumeGivesTheSameBits(t *testing.T) {
	transformer := tiny(t, 3)
	transformer.Precision = "f32"
	bf16 := transformer
	bf16.Precision = "bf16"
	for name, c := range map[string]struct {
		recipe.Finetune
		stops [][]int
	}{
		"transformer": {transformer, [][]int{{1}, {6}, {3, 1, 5}}},
		"bf16":        {bf16, [][]int{{6}}},
		"resnet":      {resNet(transformer), [][]int{{3, 4}}},
	} {
		t.Run(name, func(t *testing.T) {
			c, stops := c.Finetune, c.stops
			trainertest.SameBits(t, func(
				ctx context.Context, run string, resume rundir.Resume, workers int,
			) (any, error) {
				c.Loader.Workers = workers
				s, err := Run(ctx, Options{Config: c, Run: run, Resume: resume})
				if err != nil {
					return nil, err
				}
				return []any{s.Score, s.Best.Epoch}, nil
			}, stops...)
		})
	}
}

// TestStartsFromWeights: a pretraining run's encoder fits, a classifier for other classes is
// refused unless it is left behind.
func TestStartsFromWeights(t *testing.T) {
	c := tiny(t, 3)
	p := method.Default()
	p.Engine, p.Data, p.Model = c.Engine, c.Data, c.Model
	p.Decoder.Dim, p.Decoder.Depth, p.Contrast.Hidden, p.Contrast.Out = 16, 1, 16, 8
	p.Optim.WarmupEpochs, p.Train.Epochs, p.Train.BatchSize = 0, 1, 10
	pretrained := filepath.Join(t.TempDir(), "pretrained")
	if _, err := pretrain.Pretrain(
		context.Background(), pretrain.Options{Config: p, Run: pretrained},
	); err != nil {
		t.Fatal(err)
	}
	first := filepath.Join(t.TempDir(), "first")
	c = recipe.FinetuneFor(p)
	c.Optim.WarmupEpochs, c.Train.Epochs, c.Train.BatchSize = 0, 1, 10
	c.Optim.BaseLR, c.Optim.MinLR = 1e-60, 0 // the weights stay as they came
	tune(t, Options{Config: c, Run: first, From: pretrained})
	was, is := trainertest.Digests(t, pretrained), trainertest.Digests(t, first)
	for _, name := range []string{"blocks.1.mlp.fc1.weight", "cls_token", "pos_embed"} {
		if name = "model.safetensors/" + name; was[name] != is[name] {
			t.Errorf("%s did not come from the pretrained run", name)
		}
	}
	bias := func(run string) []float32 {
		t.Helper()
		file, err := weights.Open(run)
		if err != nil {
			t.Fatal(err)
		}
		tensor, _ := file.Tensor("head.bias")
		values, err := tensor.Float32s()
		if err != nil {
			t.Fatal(err)
		}
		return values
	}
	// The same pictures under names in another order, one of them new: the head is chosen by name.
	marked := filepath.Join(t.TempDir(), "marked.safetensors")
	markHead(t, first, marked)
	c.Data.Path = bars(t, 4)
	for old, name := range map[string]string{"class0": "z", "class2": "class-1"} {
		for _, split := range []string{"train", "val"} {
			at := filepath.Join(c.Data.Path, split)
			if err := os.Rename(filepath.Join(at, old), filepath.Join(at, name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	second := Options{Config: c, Run: filepath.Join(t.TempDir(), "second"), From: marked}
	if s := tune(t, second); s.Classes != 4 { // class-1, class1, class3, z
		t.Errorf("%d classes", s.Classes)
	}
	if got := bias(second.Run); got[0] != 0 || got[1] != 1 || got[2] != 0 || got[3] != 0 {
		t.Errorf("biases %v, want that of class1 in its place and new ones", got)
	}
	second.ResetHead, second.Overwrite = true, true
	second.Config.Train.InitHead = recipe.HeadRandom
	tune(t, second)
	if got := bias(second.Run); got[1] != 0 {
		t.Errorf("a head left behind: biases %v", got)
	}
}

// TestBeginsAsProbe: a classifier that nothing moves says what the linear probe said.
func TestBeginsAsProbe(t *testing.T) {
	for name, c := range map[string]recipe.Finetune{
		"transformer": tiny(t, 3), "resnet": resNet(tiny(t, 3)),
	} {
		c.Train.Epochs, c.Optim.Schedule, c.Optim.Milestones = 1, optim.ScheduleCosine, nil
		c.Optim.WarmupEpochs = 0
		scratch := filepath.Join(t.TempDir(), "scratch")
		if s := tune(t, Options{Config: c, Run: scratch}); s.Probe != nil {
			t.Errorf("%s: random weights were probed", name)
		}
		c.Optim.BaseLR, c.Optim.MinLR, c.Optim.WeightDecay = 1e-60, 0, 0
		o := Options{
			Config: c, Run: filepath.Join(t.TempDir(), "run"), From: scratch, ResetHead: true,
		}
		o.Config.Train.Positions = name == "resnet"
		s := tune(t, o)
		if s.Probe == nil {
			t.Fatalf("%s: no probe", name)
		}
		if name == "transformer" && s.Accuracy != *s.Probe {
			t.Errorf("%s: accuracy %g, of the probe %g", name, s.Accuracy, *s.Probe)
		}
	}
}

// markHead writes the weights of a run of three classes to a file, each bias the class's number.
func markHead(t *testing.T, run, path string) {
	t.Helper()
	file, err := weights.Open(run)
	if err != nil {
		t.Fatal(err)
	}
	file.Put(safetensors.FromFloat32s("head.bias", []int{3}, []float32{0, 1, 2}))
	var all []safetensors.Tensor
	for _, name := range file.Names() {
		tensor, _ := file.Tensor(name)
		all = append(all, tensor)
	}
	err = safetensors.WriteFile(path, all, weights.Settings{}.Metadata(file.Classes))
	if err != nil {
		t.Fatal(err)
	}
}

// TestStartsFromResNet: a file with torchvision's names, running statistics among them, and again
// with another head.
func TestStartsFromResNet(t *testing.T) {
	c := resNet(tiny(t, 3))
	c.Train.Epochs, c.Optim.WarmupEpochs = 1, 0
	c.Optim.Schedule, c.Optim.Milestones = optim.ScheduleCosine, nil
	first := filepath.Join(t.TempDir(), "first")
	tune(t, Options{Config: c, Run: first})
	file := filepath.Join(first, "last", "model.safetensors")
	c.Optim.BaseLR = 1e-60 // the weights stay as they came
	second := filepath.Join(t.TempDir(), "second")
	tune(t, Options{Config: c, Run: second, From: file})
	a, b := trainertest.Digests(t, first), trainertest.Digests(t, second)
	for _, name := range []string{
		"conv1.weight", "layer4.1.bn2.bias", "layer3.0.downsample.0.weight", "fc.weight",
	} {
		if name = "model.safetensors/" + name; a[name] == nil || a[name] != b[name] {
			t.Errorf("%s did not come from the file", name)
		}
	}
	if name := "model.safetensors/bn1.running_mean"; a[name] == nil || a[name] == b[name] {
		t.Error("training did not move the running statistics")
	}
	c.Data.Path = bars(t, 4)
	o := Options{Config: c, Run: filepath.Join(t.TempDir(), "third"), From: file}
	if _, err := Run(context.Background(), o); !errors.Is(err, fault.Mismatch) ||
		!strings.Contains(err.Error(), "--reset-head") {
		t.Errorf("another number of classes: %v", err)
	}
	o.ResetHead = true
	tune(t, o)
}

func TestRefusals(t *testing.T) {
	c := tiny(t, 3)
	c.Train.Epochs = 2
	run := filepath.Join(t.TempDir(), "run")
	tune(t, Options{Config: c, Run: run})
	if _, err := Run(
		context.Background(), Options{Config: c, Run: run},
	); !errors.Is(err, fault.Usage) {
		t.Errorf("an existing run was not refused: %v", err)
	}
	tune(t, Options{Config: c, Run: run, Overwrite: true})
	c.Mix.Mixup = .7
	if _, err := Run(
		context.Background(), Options{Config: c, Run: run, Resume: rundir.ResumeLast},
	); !errors.Is(err, fault.Usage) {
		t.Errorf("changed settings were not refused: %v", err)
	}
}

// TestDivergenceStopsBeforeTheUpdate: the failed step leaves the weights of the one before.
func TestDivergenceStopsBeforeTheUpdate(t *testing.T) {
	c := tiny(t, 3)
	c.Optim.BaseLR, c.Optim.WarmupEpochs = 1e30, 0
	run := filepath.Join(t.TempDir(), "run")
	_, err := Run(context.Background(), Options{Config: c, Run: run})
	var diverged *trainer.Diverged
	if !errors.As(err, &diverged) {
		t.Fatalf("got %v, want *trainer.Diverged", err)
	}
	if _, err := os.Stat(filepath.Join(run, "diverged.json")); err != nil {
		t.Error(err)
	}
	bundle, err := trainer.OpenBundle(diverged.Bundle)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Replay(bundle, config.Source{})
	if err != nil || again.Finite || again.Found == nil || again.Found.Op == "" {
		t.Errorf("replayed %+v, %v", again, err)
	}
}

// TestDataWithoutClasses: data that has nothing to learn or nothing to be evaluated on is the
// data's fault, before a run begins.
func TestDataWithoutClasses(t *testing.T) {
	for _, c := range []struct {
		name    string
		classes int
		change  func(c *recipe.Finetune) error
		want    string
	}{
		{"one class", 1, func(*recipe.Finetune) error { return nil }, `has one class, "class0"`},
		{
			"no labels", 2,
			func(c *recipe.Finetune) error { c.Data.Format = dataset.ImageFiles; return nil },
			"without labels",
		},
		{
			"no test images", 2,
			func(c *recipe.Finetune) error {
				return os.RemoveAll(filepath.Join(c.Data.Path, "val"))
			},
			"data.holdout",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			config, run := tiny(t, c.classes), filepath.Join(t.TempDir(), "run")
			if err := c.change(&config); err != nil {
				t.Fatal(err)
			}
			_, err := Run(context.Background(), Options{Config: config, Run: run})
			if !errors.Is(err, fault.Data) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
			if _, err := os.Stat(run); err == nil {
				t.Error("the run has a folder")
			}
		})
	}
	config := tiny(t, 2)
	if err := os.RemoveAll(filepath.Join(config.Data.Path, "val")); err != nil {
		t.Fatal(err)
	}
	config.Data.Holdout, config.Train.Epochs = 8, 1
	config.Optim.WarmupEpochs = 0
	if s := tune(
		t, Options{Config: config, Run: filepath.Join(t.TempDir(), "run")},
	); s.Train != 24 || s.Test != 8 {
		t.Errorf("with a hold-out: %+v", s)
	}
}

// TestResNetRefusals: what a ResNet does not have is refused by name, and the defaults for one are
// accepted.
func TestResNetRefusals(t *testing.T) {
	p := method.Default()
	p.Model = model.EncoderConfig{Size: model.ResNet50, Stem: "small"}
	c := recipe.FinetuneFor(p)
	if err := errors.Join(c.Validate(), c.Model.Validate(), c.ValidateData(27, 500)); err != nil {
		t.Error(err)
	}
	for key, change := range map[string]func(c *recipe.Finetune){
		"train.drop_path":  func(c *recipe.Finetune) { c.Train.DropPath = .1 },
		"train.accumulate": func(c *recipe.Finetune) { c.Train.Accumulate = 2 },
		"train.positions":  func(c *recipe.Finetune) { c.Train.Positions = false },
	} {
		c := c
		change(&c)
		if err := c.Validate(); err == nil || !strings.HasPrefix(err.Error(), key+": ") ||
			!strings.Contains(err.Error(), "resnet50") {
			t.Errorf("%s: %v", key, err)
		}
	}
}

// TestConfigs loads the recipes.
func TestConfigs(t *testing.T) {
	files, err := filepath.Glob("../../../configs/*/*-finetune.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	for _, file := range files {
		c := recipe.DefaultFinetune()
		if err := config.Load(&c, config.Source{File: file}); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}
