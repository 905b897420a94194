package op

import (
	G "gorgonia.org/gorgonia"

	"cmae/internal/kernel"
)

// Patchify cuts images[B,C,side,side] into patches[B,N,p*p*C]. The order inside a patch is that of
// a convolution's weight, or row, column, channel with channelsLast. Images are data: there is no
// gradient.
func Patchify(images *G.Node, p int, channelsLast bool) *G.Node {
	in := []*G.Node{images}
	requireShape(images, "patchify", "images", in, -1, -1, -1, -1)
	b, c, h, w := images.Shape()[0], images.Shape()[1], images.Shape()[2], images.Shape()[3]
	require(
		h == w && h%p == 0, "patchify", in, "patches of %d pixels do not divide a square image", p,
	)
	grid := h / p
	return apply(spec{
		kind: "patchify", in: in, dtype: TypeOf(images), shape: []int{b, grid * grid, p * p * c},
		run: func(e kernel.Engine, y kernel.Tensor, in []kernel.Tensor) {
			e.Patchify(y, in[0], p, channelsLast)
		},
	})
}
