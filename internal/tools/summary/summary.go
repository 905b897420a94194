// Package summary says what a configuration will cost before it runs: parameters, floating-point
// operations and memory of every part of the model. It builds the very graph of a training step,
// over parameters without values, and counts what is in it.
//
// Read summary.go (what is said), parts.go (what belongs to which part), flops.go, memory.go,
// text.go. Package kernel has the letters.
package summary

import (
	"context"
	"errors"
	"fmt"

	"cmae/internal/config"
	"cmae/internal/dataset"
	"cmae/internal/graph"
	"cmae/internal/graph/exec"
	"cmae/internal/graph/nn"
	"cmae/internal/kernel"
	"cmae/internal/kernel/backend"
	"cmae/internal/method"
	"cmae/internal/model"
	"cmae/internal/recipe"
	"cmae/internal/report"
)

// Summary is what there is to know of a configuration without running it. FLOPs count matrix
// products, attention and convolutions, two for each multiplication with its addition; the rest is
// a few percent and left out.
type Summary struct {
	Method     string   `json:"method"`
	Encoder    string   `json:"encoder"` // by size
	Engine     string   `json:"engine"`
	Precision  string   `json:"precision"` // inside blocks
	Side       int      `json:"image_size"`
	Grid       int      `json:"grid,omitempty"` // these are a transformer's
	Patches    int      `json:"patches,omitempty"`
	Visible    int      `json:"visible_patches,omitempty"` // of a method that hides others
	Masked     int      `json:"masked_patches,omitempty"`
	PatchSize  int      `json:"patch_size,omitempty"`
	Batch      int      `json:"batch_size"`
	Epochs     int      `json:"epochs"`
	Replicas   int      `json:"replicas"`                  // that a batch is divided among
	Images     int      `json:"training_images,omitempty"` // 0 when the data was not opened
	EpochSteps int      `json:"steps_per_epoch,omitempty"`
	Parts      []Part   `json:"parts"`
	Total      Part     `json:"total"`
	Work       Work     `json:"flops_per_image"`
	Memory     Memory   `json:"memory_bytes"`
	Warnings   []string `json:"warnings,omitempty"`
	trains     string   // the method, for people
}

// Part is a piece of the model. Running statistics of BatchNorms are no parameters. Its FLOPs are
// per image, in one training step, all passes together.
type Part struct {
	Name       string `json:"name"`
	Parameters int    `json:"parameters"` // with the fixed position table, as publications count
	Trained    int    `json:"trained_parameters"`
	Forward    int64  `json:"forward_flops"`
	Step       int64  `json:"step_flops"` // forward and backward
}

// Work splits the operations of a training step, and adds what features cost. Per image.
type Work struct {
	Encode     int64 `json:"encode_whole_image"` // one whole image through the encoder
	Forward    int64 `json:"forward"`            // passes that gradients flow back through
	NoGradient int64 `json:"forward_without_gradient"`
	Backward   int64 `json:"backward"`
	Step       int64 `json:"step"` // the last three together
}

// New summarises c. The data is opened only where data.image_size leaves the side of the images to
// it; otherwise its number of images stays unknown. A configuration that cannot be built is a
// *config.Error.
func New(ctx context.Context, c recipe.Pretrain, console *report.Console) (*Summary, error) {
	side, images := c.Data.ImageSize, 0
	if side == 0 {
		data, err := dataset.OpenWithConsole(ctx, c.Data, c.Seed, console)
		if err != nil {
			return nil, err
		}
		if side, err = data.Side(); err != nil {
			return nil, err
		}
		images = data.Train.Len()
	}
	m := method.Of(c)
	choice, err := backend.Open(c.Engine, c.Precision, c.Threads)
	if err != nil {
		return nil, err
	}
	name, compute := choice.Name(), choice.ComputeType
	_, compiles := choice.Engine.(kernel.Compiler)
	g, err := graphOf(m, c.At(side))
	if err == nil {
		c.Replicas, err = g.Replicas(choice)
	}
	if err := errors.Join(err, choice.Close()); err != nil {
		return nil, err
	}
	sized := c.At(side).Of(images)
	s, err := At(m, sized, compute)
	if err != nil {
		return nil, err
	}
	s.Engine, s.Images, s.EpochSteps = name, images, images/c.Train.BatchSize
	s.Warnings = method.All().Warnings(sized)
	if images == 0 && c.Contrast.Weight > 0 && c.Contrast.Key == recipe.KeyBank {
		s.Warnings = append(s.Warnings, fmt.Sprintf(
			"the memory has a bank of one batch, and the images' number decides: %d bytes each, "+
				"in a checkpoint too", 4*c.Contrast.Out,
		))
	}
	if compiles {
		s.Warnings = append(s.Warnings, "the memory is of an engine that computes "+
			"call by call; "+name+" compiles a step, and \"cmae bench\" tells what that takes")
	}
	return s, nil
}

// graphOf is the step of a method, or a *config.Error where the images cannot be its.
func graphOf(m method.Method, c recipe.Sized) (g method.Graph, err error) {
	if err = c.Model.ValidateSide(c.Side); err == nil {
		err = m.CheckSide(c)
	}
	return method.Graph{Method: m, Recipe: c, Batch: c.Train.Microbatch()}, config.Invalid(err)
}

// At summarises a recipe of a method for images of a known side, with values of type compute inside
// blocks. A number of replicas that the recipe leaves open is 1.
func At(m method.Method, c recipe.Sized, compute kernel.DType) (*Summary, error) {
	g, err := graphOf(m, c)
	if err != nil {
		return nil, err
	}
	params := nn.NewMeta(kernel.F32)
	step, err := g.Plan(params, 1, compute)
	if err != nil {
		return nil, err
	}
	s := &Summary{
		Method: c.Method, Encoder: string(c.Model.Size), Precision: compute.String(), Side: c.Side,
		Batch: c.Train.BatchSize, Epochs: c.Train.Epochs, Replicas: max(1, c.Replicas),
		trains: m.Title(c.Pretrain),
	}
	if !c.Model.IsResNet() {
		s.Grid, s.Patches, s.PatchSize = c.Grid(), c.Patches(), c.Model.PatchSize
	}
	views := method.Loading(m, c)
	if views.Patches > 0 {
		s.Visible, s.Masked = c.Visible(), c.Patches()-c.Visible()
	}
	s.count(m.Parts(), params, step, g.Batch)
	whole, err := planEncoder(params, c, compute)
	if err != nil {
		return nil, err
	}
	s.Work.Encode = flopsOf(whole)
	shard := step
	if s.Replicas > 1 {
		if shard, err = g.Plan(params, s.Replicas, compute); err != nil {
			return nil, err
		}
	}
	s.Memory = memoryOf(c, views, params, shard, s.Replicas)
	return s, nil
}

// planEncoder plans one whole image through the encoder.
func planEncoder(p *nn.Params, c recipe.Sized, compute kernel.DType) (*graph.Sketch, error) {
	return exec.Plan(p, 1, compute, func(b *exec.Builder) {
		images := b.Images("images", 1, c.Model.In(), c.Side)
		if c.Model.IsResNet() {
			net := model.NewResNet(b.Scope, c.Model.ResNet(0), nn.BatchMode{})
			b.Output("features", net.Forward(images).Features)
			return
		}
		all := b.Repeat("all", model.EveryPatch(c.Patches()))
		encoder := model.NewEncoder(b.Scope, c.Model, c.Side)
		b.Output("features", encoder.Forward(encoder.Embed(images), all, nil).Tokens)
	})
}
