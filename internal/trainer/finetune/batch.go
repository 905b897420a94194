package finetune

import (
	"slices"

	"cmae/internal/dataset/loader"
	"cmae/internal/rng"
	"cmae/internal/trainer"
)

var _ trainer.Ahead = (*task)(nil)

// ahead is a batch that is mixed and uploaded, while the step before it is computed.
type ahead struct {
	batch   *loader.Batch
	targets []float32 // [B,C]
}

// ForwardBackward mixes a batch, before its first microbatch, and runs the step's graph on a
// microbatch.
func (t *task) ForwardBackward(b *loader.Batch, first int) error {
	taken := first == 0 && t.ahead.batch == b
	switch {
	case taken:
		t.targets, t.ahead.targets = t.ahead.targets, t.targets
	case first == 0 && !t.mixed:
		t.targets = t.mix(t.targets, b, t.run.At.Step)
	}
	if !taken {
		t.feed(b, t.targets, t.run.At.Step, first)
	}
	t.ahead.batch = nil
	return t.step.Run()
}

// TakeAhead mixes and uploads the batch of the next step.
func (t *task) TakeAhead(b *loader.Batch) {
	next := t.run.At.Step + 1
	t.ahead = ahead{b, t.mix(t.ahead.targets, b, next)}
	t.feed(b, t.ahead.targets, next, 0)
}

// mix mixes the images of a step and returns their targets, in the memory of dst.
func (t *task) mix(dst []float32, b *loader.Batch, step int) []float32 {
	c, s := t.config, t.step.shape
	m := draw(c.Mix, rng.For(c.Seed, rng.Mix, uint64(step)), s.side)
	m.images(b.Query, len(b.Labels), s.side)
	dst = slices.Grow(dst[:0], len(b.Labels)*s.classes)[:len(b.Labels)*s.classes]
	m.targets(dst, b.Labels, c.Mix.Smoothing, t.weights)
	return dst
}

// feed uploads the microbatch that begins with image first of this process.
func (t *task) feed(b *loader.Batch, targets []float32, step, first int) {
	s := t.step.shape
	images := t.step.Images() // of the microbatch, that this process has
	pixels, end := s.encoder.In()*s.side*s.side, first+images
	microbatch := first / images * s.batch // where it begins in the batch
	t.step.feed(
		b.Query[first*pixels:end*pixels], targets[first*s.classes:end*s.classes], t.config.Seed,
		step, microbatch+t.run.Shard(false).Rank*images,
	)
}
