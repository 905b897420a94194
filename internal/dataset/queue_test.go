package dataset

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/image/bmp"

	"cmae/internal/dataset/eightbit"
	"cmae/internal/dataset/imagefile"
	"cmae/internal/dataset/raster"
)

// TestScanBoundsMemory: however slow the first image is and whoever takes what is done, only some
// pixels wait, and all come in order.
func TestScanBoundsMemory(t *testing.T) {
	const images, large = 64, 32 << 20
	var alive, most atomic.Int64
	var once sync.Once
	release := make(chan struct{})
	s := &source{load: func(e entry, use func(Image, eightbit.Traits)) error {
		if e.record == 0 {
			<-release
		}
		if now := alive.Add(1); now > most.Load() {
			most.Store(now)
		}
		if alive.Load() == queueBytes/large {
			once.Do(func() { close(release) }) // all that may wait does
		}
		use(Image{Width: 1, Height: 1, Pix: make([]byte, large)}, eightbit.Traits{})
		return nil
	}}
	for i := range images {
		s.entries = append(s.entries, entry{record: i})
	}
	next := 0
	err := s.scan(t.Context(), 2, nil, func(one sample) error {
		if one.record != next {
			t.Errorf("%d came in place of %d", one.record, next)
		}
		next++
		alive.Add(-1)
		return nil
	})
	if allowed := int64(queueBytes/large + 3); err != nil || next != images || most.Load() > allowed {
		t.Errorf("%d images, %d at a time, want at most %d; %v", next, most.Load(), allowed, err)
	}
}

func TestScanStops(t *testing.T) {
	s := &source{entries: make([]entry, 100), load: func(_ entry, use func(Image, eightbit.Traits)) error {
		use(Image{Width: 1, Height: 1, Pix: make([]byte, 3)}, eightbit.Traits{})
		return nil
	}}
	full := errors.New("full")
	if err := s.scan(t.Context(), 3, nil, func(sample) error { return full }); err != full {
		t.Errorf("%v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	err := s.scan(ctx, 3, nil, func(sample) error { cancel(); return nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// TestRoom: a picture gets its room, and the errors are those of the limit that was set.
func TestRoom(t *testing.T) {
	const little = 1 << 20 // less than one large picture takes
	r := roomOf(little)
	data := encodePNG(image.NewGray(image.Rect(0, 0, 5000, 1000)))
	for most, want := range map[int]string{
		8 << 20: "", 1 << 20: "image of 5000x1000 pixels exceeds data.max_pixels 1048576",
	} {
		got := ""
		var size []int
		err := r.decode(data, imagefile.Limits{MaxPixels: most}, func(p *raster.Picture) {
			size = []int{p.Width, p.Height}
		})
		if err != nil {
			got = err.Error()
		}
		if got != want || (want == "") != slices.Equal(size, []int{5000, 1000}) {
			t.Errorf("%d: %q, %v", most, got, size)
		}
	}
}

// arrayFile is a .npy file of zeros.
func arrayFile(descr string, size, height, width, bands int) []byte {
	header := fmt.Sprintf(
		"{'descr': '%s', 'fortran_order': False, 'shape': (%d, %d, %d), }\n", descr, height, width,
		bands,
	)
	out := append([]byte("\x93NUMPY\x01\x00"), byte(len(header)), byte(len(header)>>8))
	return append(append(out, header...), make([]byte, size*height*width*bands)...)
}

// TestRoomOfChannels: the room that is taken is at least what the samples of a picture, and the
// channels made of them, occupy, whatever their type and number; what is small takes none.
func TestRoomOfChannels(t *testing.T) {
	const all = 1 << 30
	for name, row := range map[string]struct {
		data     []byte
		channels int
		held     int64 // bytes of samples and channels
	}{
		"floats of 16 bands": {arrayFile("<f4", 4, 1024, 512, 16), 16, 1024 * 512 * 16 * 5},
		"few floats":         {arrayFile("<f4", 4, 64, 64, 16), 16, 0},
		"bytes of 16 bands":  {arrayFile("|u1", 1, 2048, 1024, 16), 16, 2048 * 1024 * 16},
		"16-bit PNG":         {encodePNG(image.NewNRGBA64(image.Rect(0, 0, 2000, 1000))), 3, 2000 * 1000 * 17},
		"8-bit BMP of 4 Mi": {encoded(func(out *bytes.Buffer) error {
			return bmp.Encode(out, image.NewGray(image.Rect(0, 0, 2048, 2048)))
		}), 3, 0},
	} {
		t.Run(name, func(t *testing.T) {
			r := roomOf(all)
			err := r.decode(
				row.data, imagefile.Limits{MaxPixels: 64 << 20, Channels: row.channels},
				func(*raster.Picture) {
					taken := int64(0)
					for step := int64(all); step > 0; step /= 2 {
						if taken+step <= all && !r.free.TryAcquire(all-taken-step+1) {
							taken += step
						} else if taken+step <= all {
							r.free.Release(all - taken - step + 1)
						}
					}
					if taken < row.held || row.held == 0 && taken > 0 {
						t.Errorf("room for %d bytes, want at least %d", taken, row.held)
					}
				},
			)
			if err != nil {
				t.Error(err)
			}
		})
	}
}

// TestMemory: what is written comes back as one; too much is refused.
func TestMemory(t *testing.T) {
	for _, size := range []int{0, 5, memoryPiece, memoryPiece + 7, 2*memoryPiece + 1} {
		m := newMemory()
		piece := make([]byte, 1<<20-1)
		for i := range piece {
			piece[i] = byte(i)
		}
		var want []byte
		for left := size; left > 0; left -= len(piece) {
			part := piece[:min(left, len(piece))]
			want = append(want, part...)
			if _, err := m.Write(part); err != nil {
				t.Fatal(err)
			}
		}
		if all, err := m.whole(); err != nil || !slices.Equal(all, want) {
			t.Errorf("%d bytes came back as %d, %v", size, len(all), err)
		}
	}
	m := newMemory()
	m.most = 10
	if _, err := m.Write(make([]byte, 11)); !errors.As(err, new(errNoMemory)) {
		t.Error(fmt.Sprint(err))
	}
}
