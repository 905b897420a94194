package imagefile

import (
	"context"
	"errors"

	"golang.org/x/sync/semaphore"

	"cmae/internal/dataset/raster"
	"cmae/internal/machine"
)

// pixelBytes is about what decoding takes for each pixel of a file of this kind: samples as the
// file has them, as 8-bit channels, and what the decoder keeps beside them.
func pixelBytes(kind string, channels int) int {
	switch kind {
	case "tif": // whose samples may be floats
		return 5*max(3, channels) + 1
	case "png": // of 16 bits and transparency
		return 18
	}
	return 8
}

// tiers are the bytes for which room is taken, as a file's size in pixels is not known before its
// decoder has looked: one that needs more than a tier is refused by its header and tried again with
// room for the next. Images of up to the first need no room.
var tiers = []int{32 << 20, 128 << 20}

// Room bounds the memory of all images that are being decoded at a time, and that of their files,
// whatever the number of workers.
//
// A nil *Room bounds nothing.
type Room struct {
	bytes       int64
	free, files *semaphore.Weighted
}

// NewRoom allows an eighth of the machine's memory, and a gigabyte at most, for either.
func NewRoom() *Room { return roomOf(int64(min(1<<30, machine.MostMemory()/8))) }

func roomOf(bytes int64) *Room {
	return &Room{bytes, semaphore.NewWeighted(bytes), semaphore.NewWeighted(bytes)}
}

// hold waits for room for so many bytes, or all there is, until the function that it returns is
// called.
func (r *Room) hold(of *semaphore.Weighted, bytes int64) (release func(), err error) {
	bytes = min(bytes, r.bytes)
	if err := of.Acquire(context.Background(), bytes); err != nil { // others end soon
		return nil, err
	}
	return func() { of.Release(bytes) }, nil
}

// File waits for room for a file that is about to be read, until release is called. Small ones need
// none.
func (r *Room) File(bytes int64) (release func(), err error) {
	if r == nil || bytes <= int64(tiers[0]) {
		return func() {}, nil
	}
	return r.hold(r.files, bytes)
}

// Decode decodes a file and hands the picture to use, for which its room is kept.
func (r *Room) Decode(
	data []byte, l Limits, use func(*raster.Picture),
) error {
	kind, most := Kind(data), l.MaxPixels
	if kind == "npy" { // at most 3 bytes of every 2 of the file, whatever its bands
		return r.attempt(data, l, len(data)/2*3, use)
	}
	one := pixelBytes(kind, l.Channels)
	for _, tier := range tiers {
		if tier/one >= most {
			break
		}
		l.MaxPixels = tier / one
		err := r.attempt(data, l, tier, use)
		if err == nil {
			return nil
		}
		// a decoder may have stumbled over the tier without saying so
		if large := (*TooLarge)(nil); !errors.As(err, &large) {
			break
		}
	}
	l.MaxPixels = most
	return r.attempt(data, l, most*one, use)
}

// attempt is Decode with room for so many bytes. An image that needs more than there is gets all of
// it.
func (r *Room) attempt(
	data []byte, l Limits, bytes int, use func(*raster.Picture),
) error {
	if r != nil && bytes > tiers[0] {
		release, err := r.hold(r.free, int64(bytes))
		if err != nil {
			return err
		}
		defer release()
	}
	p, err := Decode(data, l)
	if err == nil {
		use(p)
	}
	return err
}
