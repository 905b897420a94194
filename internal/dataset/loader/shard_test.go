package loader

import (
	"slices"
	"testing"
)

// TestShards: whatever their number, shards together are the batches of one loader, in its order.
func TestShards(t *testing.T) {
	const batch = 12
	for _, microbatches := range []int{1, 2} {
		whole := epoch(t, newLoader(t, 40, sharded(batch, Shard{})), 3, 1, nil)
		for _, of := range []int{1, 2, 3, 6} {
			got := make([][]int32, len(whole))
			pixels := make([][]float32, len(whole))
			perMicrobatch := batch / microbatches / of
			for m := range microbatches {
				for rank := range of {
					shard := Shard{Rank: rank, Of: of, Microbatches: microbatches}
					for i, b := range epoch(t, newLoader(t, 40, sharded(batch, shard)), 3, 1, nil) {
						if len(b.Indices) != batch/of || b.Count != batch/of {
							t.Fatalf("%d of %d images in a shard of %d", b.Count, len(b.Indices), of)
						}
						if !slices.Equal(b.Whole, whole[i].Indices) {
							t.Errorf("a shard of %v, and not of %v", b.Whole, whole[i].Indices)
						}
						from, to := m*perMicrobatch, (m+1)*perMicrobatch
						got[i] = append(got[i], b.Indices[from:to]...)
						n := len(b.Query) / len(b.Indices)
						pixels[i] = append(pixels[i], b.Query[from*n:to*n]...)
					}
				}
			}
			for i, b := range whole {
				if !slices.Equal(got[i], b.Indices) || !slices.Equal(pixels[i], b.Query) {
					t.Errorf("%d shards of %d microbatches: batch %d is %v, want %v", of, microbatches, i,
						got[i], b.Indices)
				}
			}
		}
	}
}

func sharded(batch int, s Shard) Options {
	o := options(TwoViews, 2)
	o.Batch, o.Shard = batch, s
	return o
}

// TestMirrored: behind the rows of a shard stand, in reverse, those that mirror them in the batch.
func TestMirrored(t *testing.T) {
	const batch, of = 12, 3
	whole := epoch(t, newLoader(t, 40, sharded(batch, Shard{})), 0, 0, nil)[0]
	for rank := range of {
		shard := Shard{Rank: rank, Of: of, Microbatches: 2, Mirrored: true}
		b := epoch(t, newLoader(t, 40, sharded(batch, shard)), 0, 0, nil)[0]
		if len(b.Indices) != 2*batch/of {
			t.Fatalf("%d rows", len(b.Indices))
		}
		for i, image := range b.Indices {
			own := slices.Index(whole.Indices, image)
			other := slices.Index(whole.Indices, b.Indices[len(b.Indices)-1-i])
			if own+other != batch-1 {
				t.Errorf("rank %d: row %d is row %d of the batch beside %d", rank, i, own, other)
			}
		}
	}
}
