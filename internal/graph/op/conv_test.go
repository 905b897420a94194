package op_test

import (
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"

	"cmae/internal/graph/op"
)

func TestConvGradients(t *testing.T) {
	for name, build := range map[string]func(b *bench) *G.Node{
		"3x3 with bias": func(b *bench) *G.Node {
			return op.Conv(b.x(2, 16, 3), b.x(2, 3, 3, 3), op.ConvOptions{Bias: b.x(2), Pad: 1})
		},
		"strided": func(b *bench) *G.Node {
			return op.Conv(b.x(2, 25, 2), b.x(3, 2, 3, 3), op.ConvOptions{Stride: 2, Pad: 1})
		},
		"shortcut": func(b *bench) *G.Node {
			return op.Conv(b.x(2, 16, 2), b.x(3, 2, 1, 1), op.ConvOptions{Stride: 2})
		},
		"depthwise": func(b *bench) *G.Node {
			return op.Conv(b.x(2, 9, 3), b.x(3, 1, 3, 3), op.ConvOptions{Pad: 1})
		},
		"maxpool": func(b *bench) *G.Node { return op.MaxPool(b.x(2, 25, 3), 3, 2, 1) },
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.T = t
			b.check(b.loss(build(b)), 1e-5, smooth)
		})
	}
}

func TestConvRefusals(t *testing.T) {
	for _, c := range []struct {
		name, reason string
		build        func(b *bench)
	}{
		{
			"not square", "6 pixels are not a square image",
			func(b *bench) { op.Conv(b.x(1, 6, 3), b.x(2, 3, 3, 3), op.ConvOptions{Pad: 1}) },
		},
		{
			"too large a kernel", "a kernel of 3 does not fit images of 2",
			func(b *bench) { op.Conv(b.x(1, 4, 3), b.x(2, 3, 3, 3), op.ConvOptions{}) },
		},
		{
			"other channels", "filters do not fit 3 channels",
			func(b *bench) { op.Conv(b.x(1, 9, 3), b.x(2, 4, 3, 3), op.ConvOptions{}) },
		},
		{
			"oblong filters", "filters are not square",
			func(b *bench) { op.Conv(b.x(1, 9, 3), b.x(2, 3, 3, 1), op.ConvOptions{}) },
		},
		{
			"bias", "bias has shape [3], want [2]",
			func(b *bench) { op.Conv(b.x(1, 9, 3), b.x(2, 3, 3, 3), op.ConvOptions{Bias: b.x(3)}) },
		},
		{"border", "holds whole windows", func(b *bench) { op.MaxPool(b.x(1, 9, 3), 2, 1, 2) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			if err := op.Build(func() { c.build(b) }); err == nil ||
				!strings.Contains(err.Error(), c.reason) {
				t.Errorf("got %v, want %q", err, c.reason)
			}
		})
	}
}
