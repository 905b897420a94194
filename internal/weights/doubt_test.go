package weights

import (
	"strings"
	"testing"

	"cmae/internal/weights/safetensors"
)

func TestDoubt(t *testing.T) {
	const name = "blocks.0.attn.qkv.weight"
	for want, values := range map[string][]float32{
		"": {0, .5}, "1 weights are all zero, first " + name: {0, 0},
		"1 tensors hold huge numbers, first " + name + " (up to 1e+38)": {1, -1e38},
	} {
		f := &File{tensors: map[string]safetensors.Tensor{}}
		f.Put(safetensors.FromFloat32s(name, []int{1, 2}, values))
		f.Put(safetensors.FromFloat32s("blocks.0.attn.qkv.bias", []int{2}, []float32{0, 0}))
		f.Put(safetensors.FromFloat32s("head.weight", []int{1, 1}, []float32{0}))
		if got := f.Doubt(); got != want || strings.Contains(got, "\n") {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
