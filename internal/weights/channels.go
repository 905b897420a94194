package weights

import (
	"fmt"
	"strings"

	"cmae/internal/fault"
	"cmae/internal/graph/nn"
	"cmae/internal/weights/safetensors"
)

// firstConvolutions are the layers that see images, of transformers and of ResNets.
var firstConvolutions = []string{"patch_embed.proj.weight", "conv1.weight"}

// mostChannels is what data.channels may be.
const mostChannels = 16

// isFilters tells the shape of a first convolution, [width,channels,k,k].
func isFilters(s []int) bool {
	return len(s) == 4 && s[0] > 0 && s[1] > 0 && s[1] <= mostChannels && s[2] > 0 && s[2] == s[3]
}

// pixelHeads begin the names of what is as wide as the pixels of a patch.
const pixelHeads = "decoder_pred."

// Channels is how many channels the images of the encoder have, 0 where that is unknown or more
// than can be.
func (f *File) Channels() int {
	for _, name := range firstConvolutions {
		if s := f.Shape(name); len(s) == 4 && s[1] <= mostChannels {
			return s[1]
		}
	}
	return 0
}

// Adapt makes an encoder one for images of so many channels, as timm does: for one channel the
// first convolution is summed over those it has; for others its channels are repeated in turn and
// scaled by their number over the new one, so that equal channels give what they gave. The layer
// of a decoder that predicts pixels is left out. It says what it did, "" where all was right.
func (f *File) Adapt(channels int) (note string, err error) {
	for _, name := range firstConvolutions {
		for _, copied := range []string{name, nn.MomentumPrefix + name} {
			t, ok := f.tensors[copied]
			if !ok || len(t.Shape) != 4 || t.Shape[1] == channels || t.Shape[1] < 1 {
				continue
			}
			values, err := t.Float32s()
			if err != nil {
				return "", fmt.Errorf("weights: %w: %q: %w", fault.Mismatch, f.Path, err)
			}
			has, how := t.Shape[1], "summed to one"
			if channels > 1 {
				how = fmt.Sprintf("repeated in turn and scaled by %d/%d", has, channels)
			}
			note = fmt.Sprintf(
				"%s has channels: %d, and data.channels is %d: those of its first convolution "+
					"are %s, as timm does", f.Path, has, channels, how,
			)
			f.Put(safetensors.FromFloat32s(
				copied, []int{t.Shape[0], channels, t.Shape[2], t.Shape[3]},
				adapted(values, t.Shape[0], has, channels),
			))
		}
	}
	if note != "" {
		for name := range f.tensors {
			if strings.HasPrefix(name, pixelHeads) {
				delete(f.tensors, name)
			}
		}
	}
	return note, nil
}

// adapted makes filters [out,has,k,k] filters [out,want,k,k].
func adapted(values []float32, out, has, want int) []float32 {
	area := len(values) / (out * has)
	made := make([]float32, out*want*area)
	scale := float32(has) / float32(want)
	for o := range out {
		from, to := values[o*has*area:(o+1)*has*area], made[o*want*area:(o+1)*want*area]
		for i := range to {
			if want > 1 {
				to[i] = from[i%(has*area)] * scale
				continue
			}
			for c := range has {
				to[i] += from[c*area+i]
			}
		}
	}
	return made
}
