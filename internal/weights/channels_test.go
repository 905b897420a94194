package weights

import (
	"slices"
	"testing"

	"cmae/internal/weights/safetensors"
)

// TestAdapt: the numbers that timm's adapt_input_conv gives, worked by hand for two filters of one
// pixel.
func TestAdapt(t *testing.T) {
	for _, c := range []struct {
		name      string
		has, want int
		from, to  []float32
	}{
		{"one is the sum", 3, 1, []float32{1, 2, 4, 8, 16, 32}, []float32{7, 56}},
		{
			"six are repeated and halved", 3, 6, []float32{1, 2, 4, 8, 16, 32},
			[]float32{.5, 1, 2, .5, 1, 2, 4, 8, 16, 4, 8, 16},
		},
		{
			"four are cut off", 3, 4, []float32{4, 8, 16, 32, 64, 128},
			[]float32{3, 6, 12, 3, 24, 48, 96, 24},
		},
		{"two are the first, raised", 3, 2, []float32{2, 4, 8, 16, 32, 64}, []float32{3, 6, 24, 48}},
		{"one spread", 1, 4, []float32{4, 8}, []float32{1, 1, 1, 1, 2, 2, 2, 2}},
		{"the same", 3, 3, []float32{1, 2, 4, 8, 16, 32}, []float32{1, 2, 4, 8, 16, 32}},
	} {
		for _, name := range firstConvolutions {
			f := &File{Path: "f", tensors: map[string]safetensors.Tensor{}}
			f.Put(safetensors.FromFloat32s(name, []int{2, c.has, 1, 1}, c.from))
			f.Put(safetensors.FromFloat32s("decoder_pred.weight", []int{1}, []float32{1}))
			note, err := f.Adapt(c.want)
			if err != nil || (note == "") != (c.has == c.want) {
				t.Errorf("%s: note %q, %v", c.name, note, err)
			}
			tensor, _ := f.Tensor(name)
			got, err := tensor.Float32s()
			if err != nil || !slices.Equal(got, c.to) ||
				!slices.Equal(tensor.Shape, []int{2, c.want, 1, 1}) {
				t.Errorf("%s: %v %v, %v, want %v", c.name, tensor.Shape, got, err, c.to)
			}
			if f.has("decoder_pred.weight") != (c.has == c.want) {
				t.Errorf("%s: the layer that predicts pixels", c.name)
			}
		}
	}
}

// TestAdaptedPixels: filters of several pixels keep their places.
func TestAdaptedPixels(t *testing.T) {
	got := adapted([]float32{1, 2, 3, 4, 5, 6}, 1, 3, 1) // three channels of two pixels
	if !slices.Equal(got, []float32{9, 12}) {
		t.Errorf("got %v", got)
	}
}
