package weights

import (
	"fmt"
	"slices"

	"cmae/internal/fault"
)

// ResNetShape is what the tensors of a ResNet with torchvision's names tell about it: all there is
// to know.
type ResNetShape struct {
	Layers   int    // 18 or 50
	Stem     string // small or imagenet
	Width    int    // channels of the stem
	Channels int    // of images
}

// publishedWidth is what nobody needs to give.
const publishedWidth = 64

// resNetLayers are the numbers of blocks of the stages, and of convolutions in a block, by the
// number of layers.
var resNetLayers = map[[5]int]int{{2, 2, 2, 2, 2}: 18, {3, 4, 6, 3, 3}: 50}

// ResNetShape reads the shape of the ResNet off its tensors. fault.Mismatch says that there
// is none, or none that cmae has.
func (f *File) ResNetShape() (ResNetShape, error) {
	conv, ok := f.tensors["conv1.weight"]
	if !ok || !f.has("layer1.0.conv1.weight") {
		return ResNetShape{}, fmt.Errorf(
			"%w: %q has no conv1.weight and layer1.0.conv1.weight: it holds no ResNet",
			fault.Mismatch, f.Path,
		)
	}
	stems := map[int]string{3: "small", 7: "imagenet"}
	s := conv.Shape
	if !isFilters(s) || stems[s[2]] == "" {
		return ResNetShape{}, fmt.Errorf(
			"%w: %q: conv1.weight is %v, not [width channels 3 3] (model.stem small) or [width "+
				"channels 7 7] (imagenet)",
			fault.Mismatch, f.Path, s,
		)
	}
	var blocks [5]int
	for stage := range 4 {
		for ; f.has(
			fmt.Sprintf("layer%d.%d.conv1.weight", 1+stage, blocks[stage]),
		); blocks[stage]++ {
		}
	}
	for ; f.has(fmt.Sprintf("layer1.0.conv%d.weight", 1+blocks[4])); blocks[4]++ {
	}
	layers, width := resNetLayers[blocks], s[0]
	if layers == 0 {
		return ResNetShape{}, fmt.Errorf(
			"%w: %q has stages of %v blocks of %d convolutions: cmae's ResNets are 18 ([2 2 2 2] "+
				"of 2) and 50 ([3 4 6 3] of 3)",
			fault.Mismatch, f.Path, blocks[:4], blocks[4],
		)
	}
	if conv2 := f.Shape("layer1.0.conv2.weight"); !slices.Equal(conv2, []int{width, width, 3, 3}) {
		return ResNetShape{}, fmt.Errorf(
			"%w: %q: layer1.0.conv2.weight is %v, not %v: wide and grouped ResNets (ResNeXt) are "+
				"none of cmae's",
			fault.Mismatch, f.Path, conv2, []int{width, width, 3, 3},
		)
	}
	return ResNetShape{Layers: layers, Stem: stems[s[2]], Width: width, Channels: s[1]}, nil
}

// Size is its model.size.
func (s ResNetShape) Size() string { return fmt.Sprintf("resnet%d", s.Layers) }

// overrides are the settings of this shape as a command line gives them.
func (s ResNetShape) overrides() string {
	text := fmt.Sprintf("--set model.size=%s --set model.stem=%s", s.Size(), s.Stem)
	if s.Width != publishedWidth {
		text += fmt.Sprintf(" --set model.width=%d", s.Width)
	}
	return text
}
