package weights

import (
	"math"
	"slices"
	"strings"
	"testing"

	"cmae/internal/weights/safetensors"
)

// TestTaps: weights sum to one, and a grid of its own size stays what it is.
func TestTaps(t *testing.T) {
	for i := range 7 {
		_, w := taps(i, 3, 7)
		if sum := w[0] + w[1] + w[2] + w[3]; math.Abs(sum-1) > 1e-12 {
			t.Errorf("output %d: weights sum to %g", i, sum)
		}
	}
	table := []float32{9, 1, 2, 3, 4}
	if got := resizePositions(table, 2, 2, 1); !slices.Equal(got, table) {
		t.Errorf("same grid: %v", got)
	}
}

// TestFitPositions: every table grows, cls keeps its row, and a location head loses what counts
// patches. At the side of its own nothing changes.
func TestFitPositions(t *testing.T) {
	const dim = 2
	ones := func(name string, shape ...int) safetensors.Tensor {
		n := 1
		for _, s := range shape {
			n *= s
		}
		return safetensors.FromFloat32s(name, shape, slices.Repeat([]float32{1}, n))
	}
	for _, c := range []struct{ side, grid int }{{8, 2}, {12, 3}, {4, 1}} {
		f := &File{Path: "f", tensors: map[string]safetensors.Tensor{}}
		for _, tensor := range []safetensors.Tensor{
			ones("patch_embed.proj.weight", dim, 3, 4, 4), ones("pos_embed", 1, 5, dim),
			ones("momentum.pos_embed", 1, 5, dim), ones("decoder_pos_embed", 1, 5, 3),
			ones("location.0.weight", 4, 4), ones("location.2.weight", 4, 4),
			ones("location.2.bias", 4),
		} {
			f.Put(tensor)
		}
		digest := f.Digest()
		note, err := f.FitPositions(c.side, 4)
		if f.Digest() != digest {
			t.Errorf("%d px: the encoder is called another", c.side)
		}
		same := c.grid == 2
		if err != nil || (note == "") != same || !same && !strings.Contains(note, "2 x 2 patches") {
			t.Errorf("%d px: note %q, %v", c.side, note, err)
		}
		for _, name := range positionTables {
			tensor, _ := f.Tensor(name)
			values, err := tensor.Float32s()
			if err != nil || tensor.Shape[1] != 1+c.grid*c.grid ||
				slices.ContainsFunc(values, func(v float32) bool { return math.Abs(float64(v-1)) > 1e-6 }) {
				t.Errorf("%d px: %s is %v %v, %v", c.side, name, tensor.Shape, values, err)
			}
		}
		if f.has("location.2.weight") != same || f.has("location.2.bias") != same ||
			!f.has("location.0.weight") {
			t.Errorf("%d px: kept %v", c.side, f.Names())
		}
	}
}

// A table without a row for cls, or none at all, and other patches are left to what loads them.
func TestFitPositionsOfOthers(t *testing.T) {
	f := &File{Path: "f", tensors: map[string]safetensors.Tensor{}}
	f.Put(safetensors.FromFloat32s("conv1.weight", []int{1, 3, 1, 1}, make([]float32, 3)))
	if note, err := f.FitPositions(12, 4); note != "" || err != nil {
		t.Errorf("a ResNet: %q, %v", note, err)
	}
	f.Put(safetensors.FromFloat32s("patch_embed.proj.weight", []int{1, 3, 4, 4}, make([]float32, 48)))
	f.Put(safetensors.FromFloat32s("pos_embed", []int{1, 4, 1}, make([]float32, 4)))
	if note, err := f.FitPositions(12, 4); note != "" || err != nil || f.Shape("pos_embed")[1] != 4 {
		t.Errorf("without cls: %q, %v", note, err)
	}
	f.Put(safetensors.FromFloat32s("pos_embed", []int{1, 5, 1}, make([]float32, 5)))
	if note, err := f.FitPositions(24, 8); note != "" || err != nil || f.Shape("pos_embed")[1] != 5 {
		t.Errorf("other patches: %q, %v", note, err)
	}
}

// TestFitLocationHeads: the last layer of every form of the head is left out.
func TestFitLocationHeads(t *testing.T) {
	for _, c := range []struct {
		last string // layer
		rows int    // a slot of each patch, or of each row and column
	}{{"location.2", 9}, {"location.1", 9}, {"location.2", 6}, {"location.1", 6}} {
		f := &File{Path: "f", tensors: map[string]safetensors.Tensor{}}
		for tensor, shape := range map[string][]int{
			"patch_embed.proj.weight": {2, 3, 4, 4}, "pos_embed": {1, 10, 2},
			"location.0.weight": {4, 2}, c.last + ".weight": {c.rows, 4}, c.last + ".bias": {c.rows},
		} {
			n := 1
			for _, s := range shape {
				n *= s
			}
			f.Put(safetensors.FromFloat32s(tensor, shape, make([]float32, n)))
		}
		if _, err := f.FitPositions(8, 4); err != nil {
			t.Fatal(err)
		}
		if f.has(c.last+".weight") || f.has(c.last+".bias") || !f.has("location.0.weight") {
			t.Errorf("%s of %d rows stays", c.last, c.rows)
		}
	}
}
