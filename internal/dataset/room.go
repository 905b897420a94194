package dataset

import (
	"context"
	"errors"

	"golang.org/x/sync/semaphore"

	"cmae/internal/dataset/imagefile"
	"cmae/internal/dataset/raster"
	"cmae/internal/machine"
)

// decodeBytes is about what decoding takes for each pixel: samples as the file has them, as RGB,
// and what the decoder keeps beside them.
const decodeBytes = 8

// pixelTiers are the sizes for which room is taken, as a file's size is not known before its
// decoder has looked: one that is larger than a tier is refused by its header and tried again with
// room for the next. Images of up to the first need no room.
var pixelTiers = []int{4 << 20, 16 << 20}

// room bounds the memory of all images that are being decoded at a time, whatever the number of
// workers.
//
// A nil *room bounds nothing.
type room struct {
	bytes int64
	free  *semaphore.Weighted
}

// newRoom allows an eighth of the machine's memory, and a gigabyte at most.
func newRoom() *room {
	bytes := int64(min(1<<30, machine.MostMemory()/8))
	return &room{bytes, semaphore.NewWeighted(bytes)}
}

// decode decodes a file and hands the picture to use, for which its room is kept.
func (r *room) decode(
	data []byte, l imagefile.Limits, use func(*raster.Picture),
) error {
	most := l.MaxPixels
	for _, tier := range pixelTiers {
		if tier >= most {
			break
		}
		l.MaxPixels = tier
		err := r.attempt(data, l, tier > pixelTiers[0], use)
		if err == nil {
			return nil
		}
		// a decoder may have stumbled over the tier without saying so
		if large := (*imagefile.TooLarge)(nil); !errors.As(err, &large) {
			break
		}
	}
	l.MaxPixels = most
	return r.attempt(data, l, true, use)
}

// attempt is decode at one tier. An image that needs more than there is gets all of it.
func (r *room) attempt(
	data []byte, l imagefile.Limits, bounded bool, use func(*raster.Picture),
) error {
	if bounded && r != nil {
		need := min(int64(l.MaxPixels)*decodeBytes, r.bytes)
		if err := r.free.Acquire(context.Background(), need); err != nil { // others end soon
			return err
		}
		defer r.free.Release(need)
	}
	p, err := imagefile.Decode(data, l)
	if err == nil {
		use(p)
	}
	return err
}
