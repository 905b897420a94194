package picture

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"cmae/internal/comm"
	"cmae/internal/config"
	"cmae/internal/contrastivecrop"
	"cmae/internal/dataset"
	"cmae/internal/dataset/augment"
	"cmae/internal/dataset/loader"
	"cmae/internal/evaluate/features"
	"cmae/internal/fault"
	"cmae/internal/graph/exec"
	"cmae/internal/kernel"
	"cmae/internal/model"
)

// look makes views of images and, by seed, the noise of their first masks: Whole as an evaluation
// sees them, Uncropped as heat maps are made of them.
func (s *Subject) look(
	mode loader.Mode, set *dataset.Set, images []int, seed uint64,
) *loader.Batch {
	o := loader.Options{
		Mode: mode, Seed: seed, Side: s.Side, Patches: s.grid() * s.grid(),
		Augment: s.config.Augment,
	}
	return loader.Make(loader.From(set), o, 0, nil, images...)
}

// predict runs encoder and decoder on the visible patches of views[B,3,S,S] and returns the
// predicted patches [B,N,P].
func (s *Subject) predict(c model.Config, views []float32, m loader.Mask) ([]float32, error) {
	if c.Reconstruct.Weight == 0 {
		return nil, &config.Error{
			Key:     "reconstruct.weight",
			Problem: "is 0: this model has no decoder to reconstruct with",
		}
	}
	e, batch := s.choice.Engine, len(m.Restore)/c.Patches()
	if err := s.canHold(c, batch); err != nil {
		return nil, err
	}
	f, err := exec.Compile(comm.Single(e), s.params, s.choice.Inner, func(b *exec.Builder) {
		view := model.View{
			Images:  b.Input("images", kernel.F32, batch, 3, c.Side, c.Side),
			Visible: b.Input("visible", kernel.I32, batch, c.Visible()),
			Restore: b.Input("restore", kernel.I32, batch, c.Patches()),
		}
		b.Output("patches", model.NewCMAE(b.Scope, c).Forward(view, model.View{}).Pred)
	})
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if err := s.loadDecoder(c.Decoder); err != nil {
		return nil, err
	}
	exec.Feed(f, "images", views)
	exec.Feed(f, "visible", m.Visible)
	exec.Feed(f, "restore", m.Restore)
	if err := f.Run(); err != nil {
		return nil, err
	}
	return exec.Read[float32](f, "patches"), nil
}

// canHold says, before memory is taken, whether the model is that of the file and the engine can
// hold it.
func (s *Subject) canHold(c model.Config, batch int) error {
	if s.file != nil {
		params, err := exec.Shapes(func(b *exec.Builder) { model.NewCMAE(b.Scope, c) })
		if err == nil {
			err = s.file.Fits(params)
		}
		if err != nil {
			return err
		}
	}
	return config.Invalid(c.Demand(batch, false).Check(s.choice.Usage().Most))
}

// loadDecoder is load for a model that is nothing without its decoder, which encoders from
// elsewhere lack.
func (s *Subject) loadDecoder(c model.DecoderConfig) error {
	loaded, err := s.load()
	if err != nil {
		return err
	}
	if i := slices.IndexFunc(
		loaded.Fresh,
		func(name string) bool {
			return strings.HasPrefix(name, "decoder_") || name == "mask_token"
		},
	); i >= 0 {
		return fmt.Errorf("picture: %q: %w: it lacks %s of the decoder (%s, %d blocks of width %d)",
			loaded.Path, fault.Mismatch, loaded.Fresh[i], c.Kind, c.Depth, c.Dim)
	}
	return nil
}

// heatNet is the encoder that draws heat maps: that of crop.net, where the file has it.
func (s *Subject) heatNet() contrastivecrop.Net {
	if s.file == nil || s.file.Pooled() {
		return contrastivecrop.Online
	}
	return s.config.Crop.Net
}

// heatCaptions says which encoder drew heat maps where that is not the one that is judged.
func (s *Subject) heatCaptions() []string {
	if s.heatNet() == contrastivecrop.Momentum {
		return []string{"Drawn by the momentum encoder (crop.net)."}
	}
	return nil
}

// extractor compiles an encoder for so many images at a time.
func (s *Subject) extractor(batch int, net contrastivecrop.Net) (*features.Extractor, error) {
	c := s.config
	shape := features.Config{
		Encoder: c.Model.Resolved(), Side: s.Side, Batch: batch, Inner: s.choice.Inner, Maps: true,
		Momentum: net == contrastivecrop.Momentum, Pooled: s.file != nil && s.file.Pooled(),
	}
	if s.file != nil { // before memory is taken for what it claims
		params, err := features.Shapes(shape)
		if err == nil {
			err = s.file.Fits(params)
		}
		if err != nil {
			return nil, err
		}
	}
	x, err := features.NewIn(s.replicas, s.params, shape)
	if err != nil {
		return nil, err
	}
	if _, err := s.load(); err != nil {
		return nil, errors.Join(err, x.Close())
	}
	return x, nil
}

// encode runs whole images through an encoder, all at a time: what it makes of them is the
// extractor's, views[len(images),3,S,S] are what it saw.
func (s *Subject) encode(
	ctx context.Context, set *dataset.Set, images []int, net contrastivecrop.Net,
) (x *features.Extractor, views []float32, err error) {
	if x, err = s.extractor(len(images), net); err != nil {
		return nil, nil, err
	}
	views = s.look(loader.Uncropped, set, images, 0).Query
	if err = x.Run(views); err == nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		return nil, nil, errors.Join(err, x.Close())
	}
	return x, views, nil
}

// eachHeat gives the raw heat map [N] of each of the images to visit, in order.
func (s *Subject) eachHeat(
	ctx context.Context, set *dataset.Set, images []int, visit func(image int, raw []float32),
) (err error) {
	batch := min(features.Batch, len(images))
	x, err := s.extractor(batch, s.heatNet())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, x.Close()) }()
	task := s.console.Begin("boxes", 0, len(images))
	defer task.End()
	loading := features.Loading{
		Augment: s.config.Augment, Loader: s.config.Loader,
		Progress: func(done, _ int) { task.Advance(done, "images") },
	}
	return x.EachHeat(
		ctx, chosen{loader.From(set), images}, s.config.Crop.Source, loading,
		func(i int, raw []float32) { visit(images[i], raw) },
	)
}

// chosen is a part of a split.
type chosen struct {
	loader.Source
	images []int
}

// Len is the number of images of the part.
func (c chosen) Len() int { return len(c.images) }

// Image is its i-th image.
func (c chosen) Image(i int) augment.Image { return c.Source.Image(c.images[i]) }

// Label is that of its i-th image.
func (c chosen) Label(i int) int { return c.Source.Label(c.images[i]) }
