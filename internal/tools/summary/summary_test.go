package summary

import (
	"context"
	"math"
	"strings"
	"testing"

	"cmae/internal/config"
	"cmae/internal/kernel"
	"cmae/internal/method"
	"cmae/internal/model"
	"cmae/internal/recipe"
)

// published is a model of the sizes that papers report: ViT-B with MAE's decoder of depth 8 and
// width 512.
func published(patch int) recipe.Pretrain {
	c := method.Default()
	c.Model = model.EncoderConfig{Size: "base", PatchSize: patch, MLPRatio: 4}
	c.Decoder = model.DecoderConfig{Kind: "transformer", Depth: 8, Dim: 512, Heads: 16, MLPRatio: 4}
	c.Train.BatchSize = 64
	return c
}

// at summarises the step of c's method.
func at(c recipe.Pretrain, side int, compute kernel.DType) (*Summary, error) {
	return At(method.Of(c), c.At(side), compute)
}

func TestParametersOfThePublishedModels(t *testing.T) {
	for _, c := range []struct {
		name             string
		side, patch      int
		encoder, decoder int
	}{
		{"B/16 at 224", 224, 16, 85_798_656, 26_109_184},
		{"B/8 at 64", 64, 8, 85_254_912, 25_746_112},
	} {
		s, err := at(published(c.patch), c.side, kernel.F32)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Part(Encoder).Parameters; got != c.encoder {
			t.Errorf("%s: encoder has %d parameters, want %d", c.name, got, c.encoder)
		}
		if got := s.Part("decoder").Parameters; got != c.decoder {
			t.Errorf("%s: decoder has %d parameters, want %d", c.name, got, c.decoder)
		}
		if e, m := s.Part(Encoder), s.Part("momentum encoder"); m.Parameters != e.Parameters ||
			m.Trained != 0 {
			t.Errorf("%s: the momentum encoder is %+v beside %+v", c.name, m, e)
		}
	}
}

// encoderFLOPs is the textbook sum for a pass of tokens tokens of which patches are embedded.
func encoderFLOPs(dim, depth, tokens, patches, pixels int) int64 {
	block := 24*tokens*dim*dim + 4*tokens*tokens*dim
	return int64(depth*block + 2*patches*pixels*dim)
}

func TestFLOPsAgreeWithTheFormula(t *testing.T) {
	c := published(16)
	s, err := at(c, 224, kernel.F32)
	if err != nil {
		t.Fatal(err)
	}
	const patches, visible, pixels = 196, 49, 3 * 16 * 16
	whole := encoderFLOPs(768, 12, 1+patches, patches, pixels)
	// 17.6 G multiply-adds, as published for ViT-B/16
	if s.Work.Encode != whole || math.Abs(float64(whole)/35.1e9-1) > 0.01 {
		t.Errorf("whole image: %d, the formula says %d", s.Work.Encode, whole)
	}
	seen, hidden := encoderFLOPs(768, 12, 1+visible, patches, pixels), encoderFLOPs(
		768, 12, 1+patches-visible, 0, pixels,
	)
	if got := s.Part(Encoder).Forward; got != seen+hidden {
		t.Errorf("encoder forward: %d, the formula says %d", got, seen+hidden)
	}
	if got := s.Part("momentum encoder"); got.Forward != seen+hidden || got.Step != got.Forward {
		t.Errorf("momentum encoder: %+v, want no backward and the forward of the encoder", got)
	}
	// and the momentum projector
	if got := s.Work.NoGradient; got < seen+2*hidden || got > seen+2*hidden+1e8 {
		t.Errorf("without gradient: %d, the formula says %d and a projector", got, seen+2*hidden)
	}
	if s.Work.Step != s.Total.Step || s.Work.Forward+s.Work.NoGradient != s.Total.Forward {
		t.Errorf("passes %+v do not sum to %+v", s.Work, s.Total)
	}
	// two products for one
	if ratio := float64(s.Work.Backward) / float64(s.Work.Forward); ratio < 1.9 || ratio > 2.1 {
		t.Errorf("backward is %.2f times forward", ratio)
	}
}

// TestEveryWeightIsCounted fails when an operation with a matrix is unknown to flops.
func TestEveryWeightIsCounted(t *testing.T) {
	for _, kind := range model.DecoderKinds() {
		c := method.Default()
		c.Decoder.Kind, c.Contrast.Predictor, c.Contrast.Symmetric = kind, true, true
		s, err := at(c, 28, kernel.BF16)
		if err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		// every weight is used once an image at least
		if got := s.Part("decoder"); got.Forward < int64(2*got.Trained) {
			t.Errorf("%s: %d FLOPs of %d parameters", kind, got.Forward, got.Trained)
		}
		for _, p := range s.Parts {
			if p.Forward == 0 || p.Step < p.Forward {
				t.Errorf("%s: %+v", kind, p)
			}
		}
	}
}

func TestMAEHasNoOtherParts(t *testing.T) {
	c := method.Default()
	c.Contrast.Weight, c.Location.Weight = 0, 0
	s, err := at(c, 28, kernel.F32)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Parts) != 2 || s.Work.NoGradient != 0 {
		t.Errorf("MAE has parts %v and %d FLOPs without gradient", s.Parts, s.Work.NoGradient)
	}
}

// TestArena checks the planned memory against a step that is built.
func TestArena(t *testing.T) {
	c := method.Default()
	c.Train.BatchSize = 16
	s, err := at(c, 28, kernel.F32)
	if err != nil {
		t.Fatal(err)
	}
	m := s.Memory
	if got, want := m.Activation+m.Gradients, arenaOf(t, c, 28); got != want {
		t.Errorf("planned %d bytes, a built step has %d", got, want)
	}
	if m.Total <= m.Activation || m.Optimizer != 2*m.Gradients {
		t.Errorf("%+v", m)
	}
}

// TestStates: replicas share queue and bank, and a checkpoint has them; where the images are not
// counted, a warning says what is missing.
func TestStates(t *testing.T) {
	c := method.Default()
	c.Replicas, c.Contrast.QueueSize, c.Contrast.Key = 2, 100, recipe.KeyBank
	s, err := New(context.Background(), c, nil)
	if err != nil {
		t.Fatal(err)
	}
	m, want := s.Memory, 4*(100+5000)*c.Contrast.Out
	if m.States != want || m.Checkpoint != m.Parameters+m.Optimizer+want || len(s.Warnings) > 0 {
		t.Errorf(
			"%d bytes of queue and bank, want %d; %+v; warnings %q", m.States, want, m, s.Warnings,
		)
	}
	c.Data.ImageSize = 28
	if s, err = New(context.Background(), c, nil); err != nil || len(s.Warnings) != 1 ||
		!strings.Contains(s.Warnings[0], "1024 bytes each") {
		t.Errorf("without images: warnings %q, %v", s.Warnings, err)
	}
}

func TestDataIsOpenedOnlyForItsSide(t *testing.T) {
	c := method.Default()
	s, err := New(context.Background(), c, nil)
	if err != nil {
		t.Fatal(err)
	}
	if s.Side != 28 || s.Images != 5000 || s.EpochSteps != 39 {
		t.Errorf("embedded set: %d px, %d images, %d steps", s.Side, s.Images, s.EpochSteps)
	}
	c.Data.Path, c.Data.ImageSize = "no such folder", 64
	if s, err = New(context.Background(), c, nil); err != nil || s.Images != 0 || s.Patches != 64 {
		t.Errorf("given side: %+v, %v", s, err)
	}
	c.Data.ImageSize = 37
	if _, err = New(context.Background(), c, nil); err == nil ||
		!strings.Contains(err.Error(), "model.patch_size: 4 does not divide") {
		t.Errorf("side that patches do not divide: %v", err)
	}
}

// TestWarnings: what pretraining would warn of is said here too, before anything is built.
func TestWarnings(t *testing.T) {
	c := method.Default()
	c.Data.ImageSize, c.Decoder.Kind, c.Decoder.Depth = 64, "conv", 1
	s, err := New(context.Background(), c, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Warnings) != 1 || !strings.Contains(s.Warnings[0], "decoder.depth: 1") {
		t.Errorf("warnings %q", s.Warnings)
	}
}

// TestWithoutDecoderBlocks: a decoder of depth 0 embeds, normalises and predicts; it is summed up
// with a warning of what it cannot teach.
func TestWithoutDecoderBlocks(t *testing.T) {
	for _, kind := range model.DecoderKinds() {
		c := method.Default()
		c.Data.ImageSize, c.Decoder.Kind, c.Decoder.Depth = 64, kind, 0
		s, err := New(context.Background(), c, nil)
		if err != nil {
			t.Fatal(err)
		}
		if len(s.Warnings) != 1 || !strings.Contains(s.Warnings[0], "decoder.depth: 0 blocks") {
			t.Errorf("%s: warnings %q", kind, s.Warnings)
		}
		dim, decoder := c.Decoder.Dim, 0
		for _, part := range s.Parts {
			if part.Name == "decoder" {
				decoder = part.Parameters
			}
		}
		// embed, mask token, norm, positions, pred
		want := (c.Model.Resolved().Dim+1)*dim + dim + 2*dim + (1+64)*dim + (dim+1)*8*8*3
		if decoder != want {
			t.Errorf("%s: %d parameters, want %d", kind, decoder, want)
		}
	}
}

func TestText(t *testing.T) {
	c := published(16)
	s, err := at(c, 224, kernel.F32)
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	s.WriteText(&text)
	for _, want := range []string{
		method.Of(c).Title(c) + ", ", "14 x 14 = 196 patches", "49 visible and 147 masked",
		"85,798,656", "35.13 G",
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("no %q in\n%s", want, text.String())
		}
	}
}

// moco is a method on an encoder, with the method's own defaults.
func moco(t *testing.T, name string, size model.Size) recipe.Pretrain {
	t.Helper()
	set := []string{"method=" + name, "model.size=" + string(size)}
	c, err := method.Load(method.Default(), config.Source{Set: set})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestResNets holds parameters and operations of the published networks, less their last layer of
// 1000 classes: 1.82 and 4.09 G multiply-adds at 224 pixels, of which convolutions are all but 0.5
// and 2 million.
func TestResNets(t *testing.T) {
	for _, c := range []struct {
		size       model.Size
		parameters int
		giga       float64
		compute    kernel.DType
	}{
		{model.ResNet18, 11_689_512 - 513_000, 1.814, kernel.F32},
		{model.ResNet50, 25_557_032 - 2_049_000, 4.087, kernel.F32},
		{model.ResNet18, 11_689_512 - 513_000, 1.814, kernel.BF16},
	} {
		config := moco(t, "moco-v1", c.size)
		config.Model.Stem, config.Train.BatchSize = "imagenet", 8
		s, err := at(config, 224, c.compute)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Part(Encoder); got.Parameters != c.parameters || got.Trained != c.parameters {
			t.Errorf("%s: %+v, want %d parameters", c.size, got, c.parameters)
		}
		if got := float64(s.Work.Encode) / 2e9; math.Abs(got-c.giga) > 1e-3 {
			t.Errorf("%s: %.4f G multiply-adds, want %.4f", c.size, got, c.giga)
		}
		if e := s.Part(Encoder); e.Forward != s.Work.Encode ||
			s.Part("momentum encoder").Step != s.Work.Encode {
			t.Errorf(
				"%s: a step has %+v and %+v, an image %d", c.size, e, s.Part("momentum encoder"),
				s.Work.Encode,
			)
		}
		if s.Patches != 0 || s.Masked != 0 {
			t.Errorf("%s: patches in %+v", c.size, s)
		}
	}
}

func TestMoCoParts(t *testing.T) {
	// v3 has a predictor
	for name, parts := range map[string]int{"moco-v1": 4, "moco-v2": 4, "moco-v3": 5} {
		for _, size := range []model.Size{"micro", model.ResNet18} {
			s, err := at(moco(t, name, size), 28, kernel.BF16)
			if err != nil {
				t.Fatalf("%s, %s: %v", name, size, err)
			}
			if len(s.Parts) != parts || s.Masked != 0 {
				t.Errorf("%s, %s: parts %v, %d masked patches", name, size, s.Parts, s.Masked)
			}
		}
	}
	c := moco(t, "moco-v2", model.ResNet18)
	c.Train.BatchSize = 16
	s, err := at(c, 28, kernel.F32)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := s.Memory.Activation+s.Memory.Gradients, arenaOf(t, c, 28); got != want {
		t.Errorf("planned %d bytes, a built step has %d", got, want)
	}
}
