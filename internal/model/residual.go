package model

import (
	"fmt"

	G "gorgonia.org/gorgonia"

	"cmae/internal/graph/nn"
)

// convNorm is a convolution without bias and the BatchNorm behind it.
type convNorm struct {
	conv *nn.Conv
	norm *nn.BatchNorm2d
}

func newConvNorm(conv, norm *nn.Scope, in, out, side, stride int, mode nn.BatchMode) convNorm {
	return convNorm{
		nn.NewConvNoBias(conv, in, out, side, stride), nn.NewBatchNorm2d(norm, out, mode),
	}
}

func (l convNorm) forward(x *G.Node) *G.Node { return l.norm.Forward(l.conv.Forward(x)) }

// activate is relu(forward(x) + residual); residual may be nil.
func (l convNorm) activate(x, residual *G.Node) *G.Node {
	return l.norm.ForwardReLU(l.conv.Forward(x), residual)
}

// residual is relu(path(x) + shortcut(x)).
type residual struct {
	path     []convNorm // with ReLU between
	shortcut *convNorm  // nil: x itself
}

// newResidual makes a block from in channels: two 3x3 convolutions of width channels, or three:
// 1x1, 3x3, and a 1x1 of four times as many. The first 3x3 has the stride.
func newResidual(s *nn.Scope, c ResNetConfig, in, width, stride int, mode nn.BatchMode) *residual {
	out := c.expansion() * width
	type layer struct{ out, side, stride int }
	layers := []layer{{width, 3, stride}, {width, 3, 1}}
	if c.Depth == 50 {
		layers = []layer{{width, 1, 1}, {width, 3, stride}, {out, 1, 1}}
	}
	b := &residual{}
	from := in
	for i, l := range layers {
		conv, norm := s.Sub(fmt.Sprintf("conv%d", 1+i)), s.Sub(fmt.Sprintf("bn%d", 1+i))
		b.path = append(b.path, newConvNorm(conv, norm, from, l.out, l.side, l.stride, mode))
		from = l.out
	}
	if stride != 1 || in != out {
		down := s.Sub("downsample")
		l := newConvNorm(down.Sub("0"), down.Sub("1"), in, out, 1, stride, mode)
		b.shortcut = &l
	}
	return b
}

// forward maps [B,S*S,in] to [B,S'*S',out], S' = S/stride rounded up.
func (b *residual) forward(x *G.Node) *G.Node {
	y, last := x, len(b.path)-1
	for _, l := range b.path[:last] {
		y = l.activate(y, nil)
	}
	if b.shortcut != nil {
		x = b.shortcut.forward(x)
	}
	return b.path[last].activate(y, x)
}
