package imagefile

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"io"
	"slices"
	"testing"

	"golang.org/x/image/bmp"

	"cmae/internal/dataset/raster"
)

// encoded is what encode writes.
func encoded(t *testing.T, encode func(io.Writer) error) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := encode(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestRoom: a picture gets its room, and the errors are those of the limit that was set.
func TestRoom(t *testing.T) {
	const little = 1 << 20 // less than one large picture takes
	r := roomOf(little)
	data := encoded(t, func(out io.Writer) error {
		return png.Encode(out, image.NewGray(image.Rect(0, 0, 5000, 1000)))
	})
	for most, want := range map[int]string{
		8 << 20: "", 1 << 20: "image of 5000x1000 pixels exceeds data.max_pixels 1048576",
	} {
		got := ""
		var size []int
		err := r.Decode(data, Limits{MaxPixels: most}, func(p *raster.Picture) {
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
		"16-bit PNG": {encoded(t, func(out io.Writer) error {
			return png.Encode(out, image.NewNRGBA64(image.Rect(0, 0, 2000, 1000)))
		}), 3, 2000 * 1000 * 17},
		"8-bit BMP of 4 Mi": {encoded(t, func(out io.Writer) error {
			return bmp.Encode(out, image.NewGray(image.Rect(0, 0, 2048, 2048)))
		}), 3, 0},
	} {
		t.Run(name, func(t *testing.T) {
			r := roomOf(all)
			err := r.Decode(
				row.data, Limits{MaxPixels: 64 << 20, Channels: row.channels},
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
