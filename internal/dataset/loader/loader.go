package loader

import (
	"context"
	"fmt"
	"slices"

	"cmae/internal/config"
	"cmae/internal/contrastivecrop"
	"cmae/internal/dataset"
	"cmae/internal/dataset/augment"
	"cmae/internal/rng"
)

// Mode says what a row of a batch holds.
type Mode string

// The modes.
const (
	TwoViews Mode = "two-views" // query and key view: contrastive pretraining
	OneView  Mode = "one-view"  // query view only: masked autoencoding
	// resized crop and flip from streams of their own: supervised training
	Labelled  Mode = "labelled"
	Whole     Mode = "whole"     // the evaluation view, in data set order, every image once
	Uncropped Mode = "uncropped" // as Whole, but all of an image that is not square: heat maps
)

var modes = []Mode{TwoViews, OneView, Labelled, Whole, Uncropped}

// looks reports whether the mode shows every image once, as it is and in data set order, and is not
// for training.
func (m Mode) looks() bool { return m == Whole || m == Uncropped }

// Source is a decoded split, such as a *dataset.Set, safe for concurrent use.
type Source interface {
	Len() int
	Image(i int) augment.Image // read only
	Label(i int) int
}

var _ Source = (*dataset.Set)(nil)

// Options say what to load.
type Options struct {
	Mode    Mode
	Seed    uint64
	Batch   int // B
	Side    int // S
	Patches int // N, the length of a row's mask noise; 0 for none
	// probability that a patch of the query view loses its position embedding
	DropPosition float64
	KeyEvery     int            // of TwoViews: only each n-th row of a batch has a key view; 0 is 1
	CropAlpha    float64        // of Beta(alpha,alpha), where boxes are given
	Augment      augment.Config // views and normalisation
	Fit          augment.Fit    // of Whole
	// of Labelled, instead of Augment's plain crop and flip; may be nil
	Supervised *augment.Supervised
	Shard      Shard // of each batch, that is loaded; by default all of it
	Config     Config
}

// Loader makes batches of one source.
type Loader struct {
	source Source
	opt    Options
	// to fill again; room for those ahead, one being entered, one being waited for, one in use
	free chan *Batch
}

// New checks the options against the source.
func New(source Source, opt Options) (*Loader, error) {
	switch {
	case !slices.Contains(modes, opt.Mode):
		return nil, fmt.Errorf("loader: mode %q is none of %q", opt.Mode, modes)
	case source.Len() == 0:
		return nil, fmt.Errorf("loader: the data set is empty")
	case opt.Batch < 1 || opt.Side < 1 || opt.Patches < 0:
		return nil, fmt.Errorf(
			"loader: batch %d and side %d must be positive, patches %d not negative", opt.Batch,
			opt.Side, opt.Patches,
		)
	case opt.Batch > source.Len() && !opt.Mode.looks():
		return nil, fmt.Errorf(
			"loader: batch of %d is larger than the data set of %d images: lower train.batch_size "+
				"or raise data.limit",
			opt.Batch, source.Len(),
		)
	case !(opt.DropPosition >= 0 && opt.DropPosition <= 1):
		return nil, fmt.Errorf(
			"loader: drop position: %v must lie between 0 and 1", opt.DropPosition,
		)
	}
	if err := config.Check("loader", opt.Config); err != nil {
		return nil, err
	}
	return &Loader{source: source, opt: opt, free: make(chan *Batch, opt.Config.Prefetch+3)}, nil
}

// Steps is the number of batches of an epoch. Graphs have a fixed batch size, so training drops the
// images left over at the end; each epoch has an order of its own, so the next one drops others.
// Whole and Uncropped keep them in a last batch, which is padded.
func (l *Loader) Steps() int {
	n := l.source.Len()
	if l.opt.Mode.looks() {
		n += l.opt.Batch - 1
	}
	return n / l.opt.Batch
}

// Start begins an epoch (from 0) at firstStep, which is above 0 after a resume. boxes bounds the
// crops' centres by image index and must not change during the epoch; nil crops anywhere. The
// stream must be closed.
func (l *Loader) Start(
	ctx context.Context, epoch, firstStep int, boxes func(image int) contrastivecrop.Box,
) *Stream {
	e := l.epoch(epoch, boxes)
	if !l.opt.Mode.looks() {
		e.order = rng.For(l.opt.Seed, rng.Order, uint64(epoch)).Perm(l.source.Len())
	}
	return newStream(ctx, e, firstStep)
}

func (l *Loader) epoch(number int, boxes func(image int) contrastivecrop.Box) *epochOf {
	e := &epochOf{Loader: l, number: number, boxes: boxes, crop: l.opt.Augment.Shape(1)}
	if boxes != nil {
		e.crop.Alpha = l.opt.CropAlpha
	}
	return e
}

// epochOf is one epoch: what its rows are made from.
type epochOf struct {
	*Loader
	number int
	order  []int // nil for the data set's own order
	boxes  func(image int) contrastivecrop.Box
	crop   contrastivecrop.Shape
}

// begin takes a free batch and enters the images of a step.
func (e *epochOf) begin(step int) *Batch {
	b := e.take()
	b.Epoch, b.Step = e.number, step
	b.Count = min(e.opt.rows(), e.source.Len()-step*e.opt.Batch)
	for i := range b.Indices {
		b.Indices[i], b.Labels[i] = -1, -1
		if i < b.Count {
			image := step*e.opt.Batch + e.opt.position(i)
			if e.order != nil {
				image = e.order[image]
			}
			b.Indices[i], b.Labels[i] = int32(image), int32(e.source.Label(image))
		}
	}
	if e.opt.Shard.Of > 1 {
		for i, image := range e.order[step*e.opt.Batch:][:e.opt.Batch] {
			b.Whole[i] = int32(image)
		}
	}
	return b
}
