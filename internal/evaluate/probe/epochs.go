package probe

import (
	"context"
	"errors"
	"io"

	"cmae/internal/dataset/loader"
	"cmae/internal/evaluate/features"
	"cmae/internal/rng"
)

// epochFunc calls step for every full batch of an epoch, with features x[B,D] and labels[B] that
// are valid until step returns. The graph has a fixed batch size, so the images left over are
// dropped; as each epoch has its own order, others are dropped next time.
type epochFunc func(
	ctx context.Context, epoch int, step func(x []float32, labels []int32) error,
) error

// cachedEpochs shuffles a feature set.
func cachedEpochs(train features.Set, batch int, seed uint64) epochFunc {
	x, labels := make([]float32, batch*train.Dim), make([]int32, batch)
	return func(ctx context.Context, epoch int, step func([]float32, []int32) error) error {
		order := rng.For(seed, rng.Probe, uint64(epoch)).Perm(train.Len())
		for ; len(order) >= batch; order = order[batch:] {
			if err := ctx.Err(); err != nil {
				return err
			}
			for i, image := range order[:batch] {
				copy(x[i*train.Dim:], train.Row(image))
				labels[i] = train.Labels[image]
			}
			if err := step(x, labels); err != nil {
				return err
			}
		}
		return nil
	}
}

// augmentedEpochs encodes the batches of a loader.
func augmentedEpochs(
	f features.Frozen, l *loader.Loader, progress func(done, total int),
) epochFunc {
	var x []float32
	return func(ctx context.Context, epoch int, step func([]float32, []int32) error) error {
		stream := l.Start(ctx, epoch, 0, nil)
		defer stream.Close()
		for {
			b, err := stream.Next()
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return err
			}
			if x, err = f.Append(x[:0], b.Query); err != nil {
				return err
			}
			if err := step(x, b.Labels); err != nil {
				return err
			}
			if progress != nil {
				progress((b.Step+1)*b.Count, l.Steps()*b.Count)
			}
			b.Release()
		}
	}
}
