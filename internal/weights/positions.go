package weights

import (
	"fmt"
	"math"

	"cmae/internal/fault"
	"cmae/internal/graph/nn"
	"cmae/internal/weights/safetensors"
)

// positionTables are the tables of an encoder, its momentum copy and a decoder, each with a row for
// cls.
var positionTables = []string{"pos_embed", nn.MomentumPrefix + "pos_embed", "decoder_pos_embed"}

// FitPositions makes a transformer for images of other sides one for images of side pixels in
// patches of patch: tables of positions are brought to their grid by resizePositions, and of a head
// that predicts the place among all patches the last layer is left out. It says what it did, ""
// where all was right, or the file has other patches or no such tables.
func (f *File) FitPositions(side, patch int) (note string, err error) {
	if !f.has("patch_embed.proj.weight") {
		return "", nil
	}
	shape, err := f.EncoderShape()
	if err != nil {
		return "", err
	}
	from, to := shape.Grid, side/shape.PatchSize
	if patch != shape.PatchSize || !shape.ClsPosition || to == from || to < 1 {
		return "", nil
	}
	for _, name := range positionTables {
		t, ok := f.tensors[name]
		if !ok || len(t.Shape) != 3 || t.Shape[0] != 1 || t.Shape[1] != 1+from*from {
			continue
		}
		table, err := t.Float32s()
		if err != nil {
			return "", fmt.Errorf("weights: %w: %q: %w", fault.Mismatch, f.Path, err)
		}
		dim := t.Shape[2]
		f.Put(safetensors.FromFloat32s(
			name, []int{1, 1 + to*to, dim}, resizePositions(table, from, to, dim),
		))
	}
	f.dropSlots(from)
	return fmt.Sprintf(
		"%s is for images of %d px, and these have %d: its positions of %d x %d patches are "+
			"brought to %d x %d by bicubic interpolation, as MAE does", f.Path, shape.Side(), side,
		from, from, to, to,
	), nil
}

// dropSlots leaves out the last layer of a location head for from x from patches, which has a row
// for every patch, or one for every row and column of them.
func (f *File) dropSlots(from int) {
	for _, last := range []string{"location.2", "location.1"} { // with an activation, and without
		if !f.has(last + ".weight") {
			continue
		}
		for _, name := range []string{last + ".weight", last + ".bias"} {
			shape := f.Shape(name)
			if len(shape) > 0 && (shape[0] == from*from || shape[0] == 2*from) {
				delete(f.tensors, name)
			}
		}
		return
	}
}

// resizePositions makes a table [1+from*from,D] one of [1+to*to,D]: cls as it is, the grid by
// bicubic interpolation without antialiasing, as MAE does for finetuning at another resolution.
func resizePositions(table []float32, from, to, dim int) []float32 {
	out := make([]float32, (1+to*to)*dim)
	copy(out, table[:dim])
	grid, first, weights := table[dim:], make([]int, to), make([][4]float64, to)
	for i := range to {
		first[i], weights[i] = taps(i, from, to)
	}
	at := func(i int) int { return min(max(i, 0), from-1) } // beyond the edge its own value goes on
	for y := range to {
		for x := range to {
			row := out[(1+y*to+x)*dim:][:dim]
			for d := range row {
				sum := 0.0
				for j, wy := range weights[y] {
					for k, wx := range weights[x] {
						sum += wy * wx * float64(grid[(at(first[y]+j)*from+at(first[x]+k))*dim+d])
					}
				}
				row[d] = float32(sum)
			}
		}
	}
	return out
}

// taps are the first of the four places that output i of to mixes, of from in a line, and their
// weights. Centres are at halves.
func taps(i, from, to int) (first int, weights [4]float64) {
	centre := (float64(i)+.5)*float64(from)/float64(to) - .5
	floor := math.Floor(centre)
	for j := range weights {
		weights[j] = cubic(math.Abs(centre - floor + 1 - float64(j)))
	}
	return int(floor) - 1, weights
}

// cubic is the kernel of Keys with a = -3/4, which PyTorch has where it does not antialias; images
// take -1/2 (package augment).
func cubic(x float64) float64 {
	const a = -.75
	if x <= 1 {
		return ((a+2)*x-(a+3))*x*x + 1
	}
	return ((a*x-5*a)*x+8*a)*x - 4*a
}
