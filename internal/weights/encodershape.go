package weights

import (
	"fmt"
	"math"

	"cmae/internal/fault"
	"cmae/internal/weights/safetensors"
)

// EncoderShape is what the tensors of a vision transformer tell about it: all but the number of
// heads.
type EncoderShape struct {
	Dim, Depth, PatchSize int
	Channels              int  // of images
	Hidden                int  // of the MLPs
	Grid                  int  // patches a side; 0 without a table of positions
	ClsPosition           bool // the table has a row for cls
}

// EncoderShape reads the shape of the encoder off its tensors, which need not be complete.
// fault.Mismatch says that there is none, or none that takes square patches.
func (f *File) EncoderShape() (EncoderShape, error) {
	var s EncoderShape
	proj, ok := f.tensors["patch_embed.proj.weight"]
	if !ok {
		return s, fmt.Errorf(
			"%w: %q has no patch_embed.proj.weight: it holds no vision transformer",
			fault.Mismatch, f.Path,
		)
	}
	if !isFilters(proj.Shape) {
		return s, fmt.Errorf(
			"%w: %q: patch_embed.proj.weight is %v, not [width channels p p]", fault.Mismatch,
			f.Path, proj.Shape,
		)
	}
	s.Dim, s.Channels, s.PatchSize = proj.Shape[0], proj.Shape[1], proj.Shape[2]
	for ; f.has(fmt.Sprintf("blocks.%d.norm1.weight", s.Depth)); s.Depth++ {
	}
	if fc1, ok := f.tensors["blocks.0.mlp.fc1.weight"]; ok && len(fc1.Shape) == 2 &&
		fc1.Shape[1] == s.Dim {
		s.Hidden = fc1.Shape[0]
	}
	return s, s.readPositions(f.tensors["pos_embed"])
}

// readPositions takes tables with a row for cls in front and without.
func (s *EncoderShape) readPositions(table safetensors.Tensor) error {
	if table.Shape == nil {
		return nil
	}
	if len(table.Shape) == 3 && table.Shape[0] == 1 && table.Shape[2] == s.Dim {
		rows := table.Shape[1]
		for _, cls := range []int{1, 0} {
			if grid := int(math.Sqrt(float64(rows - cls))); grid > 0 && grid*grid == rows-cls {
				s.Grid, s.ClsPosition = grid, cls == 1
				return nil
			}
		}
	}
	return fmt.Errorf(
		"%w: pos_embed is %v, not [1 1+g*g %d]: positions of a square grid of patches and the "+
			"class token",
		fault.Mismatch, table.Shape, s.Dim,
	)
}

func (f *File) has(name string) bool {
	_, ok := f.tensors[name]
	return ok
}

// Side is the side in pixels of the images that the positions are for, 0 if unknown.
func (s EncoderShape) Side() int { return s.Grid * s.PatchSize }

// overrides are the settings of this shape as a command line gives them.
func (s EncoderShape) overrides() string {
	text := fmt.Sprintf(
		"--set model.dim=%d --set model.depth=%d --set model.patch_size=%d", s.Dim, s.Depth,
		s.PatchSize,
	)
	if s.Hidden > 0 {
		text += fmt.Sprintf(" --set model.mlp_ratio=%.6g", float64(s.Hidden)/float64(s.Dim))
	}
	if s.Grid > 0 {
		text += fmt.Sprintf(" --set data.image_size=%d", s.Side())
	}
	return text
}
