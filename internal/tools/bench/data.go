package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"cmae/internal/config"
	"cmae/internal/dataset"
	"cmae/internal/dataset/augment"
	"cmae/internal/dataset/loader"
	"cmae/internal/machine"
	"cmae/internal/method"
	"cmae/internal/recipe"
	"cmae/internal/report"
	"cmae/internal/rng"
)

// DataResult is what the loader does by itself.
type DataResult struct {
	Source    string  `json:"source"`
	Images    int     `json:"images"`
	Side      int     `json:"image_size"`
	Workers   int     `json:"workers"`
	Views     int     `json:"views"`
	ViewsPerS float64 `json:"views_per_second"`
	// by the CPU time used, so that other programs don't count
	ViewsPerCore float64 `json:"views_per_core_second"`
	Garbage      int64   `json:"garbage_bytes"` // a batch
}

// noiseImages is how many images stand in for a packed cache.
const noiseImages = 2048

// RunData makes at least batches batches of augmented views from the packed cache that data.path
// names, or without one from noise of data.image_size that lies in memory as a cache does.
func RunData(
	ctx context.Context, c recipe.Pretrain, batches int, console *report.Console,
) (*DataResult, error) {
	source, name, side, err := openSource(ctx, c, console)
	if err != nil {
		return nil, err
	}
	if len(c.Augment.Mean) == 0 { // whatever it is, it costs the same
		c.Augment.Mean = slices.Repeat([]float64{.5}, c.Data.Channels)
		c.Augment.Std = c.Augment.Mean
	}
	o := method.Loading(method.Of(c), c.At(side))
	l, err := loader.New(source, o)
	if err != nil {
		return nil, err
	}
	r := &DataResult{Source: name, Images: source.Len(), Side: side, Workers: c.Loader.NumWorkers()}
	return r, r.measure(ctx, l, batches, o.Mode)
}

// openSource opens the images, or makes some.
func openSource(
	ctx context.Context, c recipe.Pretrain, console *report.Console,
) (s loader.Source, name string, side int, err error) {
	if c.Data.Path == "" {
		if side, err = sideOf(c); err != nil {
			return nil, "", 0, err
		}
		images := max(noiseImages, c.Train.BatchSize)
		s = newNoiseSource(images, c.Data.Channels, side, c.Seed)
		return s, fmt.Sprintf("noise of %d px", side), side, nil
	}
	data, err := dataset.OpenWithConsole(ctx, c.Data, c.Seed, console)
	if err != nil {
		return nil, "", 0, err
	}
	if side, err = data.Side(); err != nil {
		return nil, "", 0, err
	}
	return data.Train, c.Data.Path, side, config.Invalid(
		method.All().CheckData(c, side, data.Train.Len()),
	)
}

// measure runs epochs until there were enough batches. The first epoch fills the batches' memory
// and doesn't count.
func (r *DataResult) measure(
	ctx context.Context, l *loader.Loader, batches int, mode loader.Mode,
) error {
	if _, _, err := runEpoch(ctx, l, 0); err != nil {
		return err
	}
	start, used, heap := time.Now(), machine.CPUTime(), heapAllocated()
	made := 0
	for epoch := 1; made < batches; epoch++ {
		n, images, err := runEpoch(ctx, l, epoch)
		if err != nil {
			return err
		}
		made += n
		r.Views += images
	}
	if mode == loader.TwoViews {
		r.Views *= 2
	}
	r.ViewsPerS = perSecond(r.Views, time.Since(start))
	r.ViewsPerCore = perSecond(r.Views, machine.CPUTime()-used)
	r.Garbage = (heapAllocated() - heap) / int64(made)
	return nil
}

// perSecond is a rate, 0 where the clock is too coarse for the time that it took.
func perSecond(n int, took time.Duration) float64 {
	if took <= 0 {
		return 0
	}
	return float64(n) / took.Seconds()
}

// runEpoch takes every batch of an epoch and gives it back at once.
func runEpoch(ctx context.Context, l *loader.Loader, epoch int) (batches, images int, err error) {
	stream := l.Start(ctx, epoch, 0, nil)
	defer stream.Close()
	for {
		b, err := stream.Next()
		if errors.Is(err, io.EOF) {
			return batches, images, nil
		}
		if err != nil {
			return 0, 0, err
		}
		batches, images = batches+1, images+b.Count
		b.Release()
	}
}

// noiseSource is images of white noise: augmentation costs the same whatever they show.
type noiseSource []augment.Image

func newNoiseSource(count, channels, side int, seed uint64) noiseSource {
	s := make(noiseSource, count)
	r := rng.For(seed, rng.Synthetic)
	for i := range s {
		s[i] = augment.Image{Width: side, Height: side, Pix: make([]uint8, channels*side*side)}
		for j := range s[i].Pix {
			s[i].Pix[j] = uint8(r.Uint32())
		}
	}
	return s
}

func (s noiseSource) Len() int                  { return len(s) }
func (s noiseSource) Label(int) int             { return 0 }
func (s noiseSource) Image(i int) augment.Image { return s[i] }
