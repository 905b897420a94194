package loader

// Shard is the rows of each batch that one of several processes has: of every microbatch an equal
// part, so that their number changes neither the batches nor what is computed together. It is for
// training; a batch of the modes that look is whole.
type Shard struct {
	Rank, Of     int // Of 0 or 1: the whole batch
	Microbatches int
	// Mirrored adds, behind those rows and in reverse, the row of the batch that mirrors each, as
	// mixing needs: the row i of a batch of B is mirrored by B-1-i.
	Mirrored bool
}

// rows is how many rows of a batch are loaded.
func (o Options) rows() int {
	if o.Shard.Of <= 1 {
		return o.Batch
	}
	rows := o.Batch / o.Shard.Of
	if o.Shard.Mirrored {
		rows *= 2
	}
	return rows
}

// position is where row i of what is loaded stands in the batch.
func (o Options) position(i int) int { return o.Shard.Position(o.Batch, i) }

// Position is where row i of a shard stands in a batch of so many images.
func (s Shard) Position(batch, i int) int {
	if s.Of <= 1 {
		return i
	}
	if own := batch / s.Of; i >= own {
		return batch - 1 - s.Position(batch, 2*own-1-i)
	}
	together := batch / s.Microbatches
	each := together / s.Of
	return i/each*together + s.Rank*each + i%each
}
