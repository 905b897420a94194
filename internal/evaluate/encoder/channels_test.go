package encoder

import (
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cmae/internal/config"
	"cmae/internal/dataset"
	"cmae/internal/report"
	"cmae/internal/weights/safetensors"
)

// TestChannelsOfBareWeights: weights for four channels without settings see images of four as they
// are; where the images have others, or settings say so, they are adapted and that is told.
func TestChannelsOfBareWeights(t *testing.T) {
	c := small(t)
	c.Data.Channels, c.Model.Channels = 4, 4
	file, err := safetensors.Open(saved(t, c))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var tensors []safetensors.Tensor
	for _, name := range file.Names() {
		tensor, err := file.Tensor(name)
		if err != nil {
			t.Fatal(err)
		}
		tensors = append(tensors, tensor)
	}
	bare := filepath.Join(t.TempDir(), "bare.safetensors")
	if err := safetensors.WriteFile(bare, tensors, nil); err != nil {
		t.Fatal(err)
	}
	four, colours := t.TempDir(), t.TempDir()
	header := "{'descr': '|u1', 'fortran_order': False, 'shape': (9, 8, 4), }\n"
	array := fmt.Appendf(nil, "\x93NUMPY\x01\x00%c\x00%s", len(header), header)
	array = append(array, slices.Repeat([]byte{1, 2, 3, 4}, 9*8)...)
	if err := os.WriteFile(filepath.Join(four, "a.npy"), array, 0o644); err != nil {
		t.Fatal(err)
	}
	out, err := os.Create(filepath.Join(colours, "a.png"))
	if err == nil {
		err = png.Encode(out, image.NewRGBA(image.Rect(0, 0, 8, 8)))
	}
	if err != nil {
		t.Fatal(err)
	}
	out.Close()
	shape := []string{"model.dim=8", "model.depth=1", "model.heads=2", "data.image_size=8"}
	normal := []string{"augment.mean=[.5,.5,.5,.5]", "augment.std=[.2,.2,.2,.2]"}
	for _, row := range []struct {
		name, images string
		set          []string
		want         int
		told         string
	}{
		{"four bands", four, normal, 4, "data.channels 4, as"},
		{"colours", colours, nil, 3, "repeated in turn and scaled by 4/3"},
		{"a setting", four, []string{"data.channels=3"}, 3, "repeated in turn and scaled by 4/3"},
		{"no images to tell", "", nil, 3, "repeated in turn and scaled by 4/3"},
	} {
		t.Run(row.name, func(t *testing.T) {
			var log strings.Builder
			o := Options{
				From: bare, Changes: config.Source{Set: append(shape, row.set...)},
				Console: report.NewConsole(&log, false),
			}
			if row.images != "" {
				o.Images = []string{row.images}
			}
			e := mustOpen(t, o)
			if e.Config.Data.Channels != row.want || !strings.Contains(log.String(), row.told) {
				t.Fatalf("channels: %d, told %q", e.Config.Data.Channels, log.String())
			}
			if row.want == 3 {
				return
			}
			if err := e.FixSide(); err != nil {
				t.Fatal(err)
			}
			images, err := dataset.OpenImages(e.Config.Data, row.images, nil)
			if err != nil {
				t.Fatal(err)
			}
			seen := 0
			_, err = e.Each(t.Context(), images, func(string, []float32) { seen++ })
			if err != nil || seen != 1 {
				t.Errorf("%d images, %v", seen, err)
			}
		})
	}
}
