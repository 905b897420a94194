package loader

import (
	"cmae/internal/contrastivecrop"
	"cmae/internal/dataset/augment"
)

// Batch is what one step reads. The parts that its mode does not fill are nil.
type Batch struct {
	Epoch, Step int
	// rows that hold an image: B, or fewer in the last batch of Whole and Uncropped, whose other
	// rows are zeros
	Count   int
	Indices []int32 // [B] index in the data set, -1 in padding
	Whole   []int32 // the same of the whole batch, of which this may be a shard
	Labels  []int32 // [B] class, -1 in padding
	// [B,C,S,S] normalised: the query view, the labelled view or the whole image
	Query      []float32
	Key        []float32 // [B,C,S,S] normalised
	NoiseQuery []float32 // [B,N] in [0,1): the V patches with the least noise are visible
	NoiseKey   []float32 // [B,N]
	// [B,N] 0 where a patch of the query view loses its position embedding, else 1
	KeepPosition []float32

	free chan<- *Batch // where its memory goes
}

// Make makes the batch that an epoch makes of these images, however many opt says a batch has.
func Make(
	source Source, opt Options, epoch int, boxes func(image int) contrastivecrop.Box, images ...int,
) *Batch {
	opt.Batch = len(images)
	e := (&Loader{source: source, opt: opt}).epoch(epoch, boxes)
	b, w := e.newBatch(), augment.NewWorkspace(opt.Augment, opt.Side)
	b.Epoch, b.Count = epoch, len(images)
	for i, image := range images {
		b.Indices[i], b.Labels[i] = int32(image), int32(source.Label(image))
		e.fill(w, b, i)
	}
	return b
}

// Blank is a batch of these options whose arrays are zeros, for the caller to fill.
func Blank(opt Options) *Batch { return (&Loader{opt: opt}).newBatch() }

// Release gives the batch's memory back for a later one and empties the batch: reading it
// afterwards fails, releasing it again does nothing. A batch never released is merely garbage.
func (b *Batch) Release() {
	if b.free == nil {
		return
	}
	memory := *b
	*b = Batch{}
	select {
	case memory.free <- &memory:
	default:
	}
}

// take returns a batch to fill.
func (l *Loader) take() *Batch {
	select {
	case b := <-l.free:
		return b
	default:
		return l.newBatch()
	}
}

func (l *Loader) newBatch() *Batch {
	o, rows := l.opt, l.opt.rows()
	b := &Batch{Indices: make([]int32, rows), Labels: make([]int32, rows), free: l.free}
	b.Query = make([]float32, rows*o.Augment.Channels()*o.Side*o.Side)
	if b.Whole = b.Indices; o.Shard.Of > 1 {
		b.Whole = make([]int32, o.Batch)
	}
	if o.Mode == TwoViews {
		b.Key = make([]float32, len(b.Query))
	}
	if o.Patches == 0 || o.Mode == Labelled {
		return b
	}
	b.NoiseQuery = make([]float32, rows*o.Patches)
	if o.Mode == TwoViews {
		b.NoiseKey = make([]float32, rows*o.Patches)
	}
	if o.DropPosition > 0 {
		b.KeepPosition = make([]float32, rows*o.Patches)
	}
	return b
}
