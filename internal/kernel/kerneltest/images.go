package kerneltest

import (
	"fmt"

	"cmae/internal/kernel"
)

// windows are a pixel, a linear layer, a strided shortcut, a decoder's and a residual block's
// kernels, both stems and their pool, an even kernel, and images that are not square. The last is
// cut into several chunks.
var windows = []kernel.Window{
	{H: 1, W: 1, Side: 1, Stride: 1},
	{H: 4, W: 4, Side: 1, Stride: 1},
	{H: 5, W: 5, Side: 1, Stride: 2},
	{H: 4, W: 4, Side: 3, Stride: 1, Pad: 1},
	{H: 7, W: 7, Side: 3, Stride: 2, Pad: 1},
	{H: 8, W: 8, Side: 3, Stride: 2, Pad: 1},
	{H: 12, W: 12, Side: 7, Stride: 2, Pad: 3},
	{H: 5, W: 6, Side: 2, Stride: 2},
	{H: 3, W: 9, Side: 3, Stride: 1},
	{H: 20, W: 20, Side: 3, Stride: 1, Pad: 1},
}

func convolutionCases() []testCase {
	var list []testCase
	for i, g := range windows {
		images, in, out := 1+i%2*2, 1+i*2%7, []int{1, 8, 17, 33}[i%4]
		if i == len(windows)-1 {
			images = 5
		}
		down, across := g.Out()
		pixels, size := g.H*g.W, down*across
		name := fmt.Sprintf(
			"%dx%dx%dx%d/%d-%d-%d/%d", images, g.H, g.W, in, g.Side, g.Stride, g.Pad, out,
		)
		list = append(list,
			testCase{"Conv2D/" + name, func(s *side) {
				s.convolution(g, images, in, out, []int{out, in, g.Side, g.Side})
			}},
			testCase{"Conv2D/depthwise/" + name, func(s *side) {
				s.convolution(g, images, out, out, []int{out, 1, g.Side, g.Side})
			}},
			testCase{"MaxPool2D/" + name, func(s *side) {
				x, place := s.in(images, pixels, out), s.indices(
					make([]int, images*size*out), images, size, out,
				)
				s.MaxPool2D(s.out(images, size, out), place, x, g)
				s.MaxPool2D(s.out(images, size, out), kernel.Tensor{}, x, g)
				s.MaxPool2DGrad(s.out(images, pixels, out), place, s.in(images, size, out), g)
			}},
		)
	}
	return append(list, runningCases()...)
}

func runningCases() []testCase {
	var list []testCase
	for _, z := range [][3]int{{4, 7, 1}, {24, 33, 3}, {1200, 17, 2}} {
		r, c, groups := z[0], z[1], z[2]
		name := fmt.Sprintf("RunningStatistics/%dx%dx%d", r, c, groups)
		list = append(list, testCase{name, func(s *side) {
			mean, variance := s.also(s.in(c)), s.also(s.positive(c))
			batchMean, istd := s.out(groups, c), s.out(groups, c)
			s.BatchNorm(
				s.out(r, c), batchMean, istd, s.in(r, c), kernel.Tensor{}, kernel.Tensor{}, 1e-5,
				groups, kernel.Finish{},
			)
			s.UpdateRunning(mean, variance, batchMean, istd, r/groups, 1e-5, 0.1)
			s.BatchNormRunning(
				s.actOut(r, c), s.act(r, c), mean, variance, s.in(c), s.in(c), 1e-5,
				kernel.Finish{ReLU: true},
			)
			s.BatchNormRunning(
				s.out(r, c), s.in(r, c), mean, variance, kernel.Tensor{}, kernel.Tensor{}, 1e-5,
				kernel.Finish{},
			)
			s.BatchNormRunning(
				s.out(r, c), s.in(r, c), mean, variance, s.in(c), s.in(c), 1e-5,
				kernel.Finish{Residual: s.in(r, c)},
			)
		}})
	}
	return list
}

func (s *side) convolution(g kernel.Window, images, in, out int, filters []int) {
	down, across := g.Out()
	pixels, size := g.H*g.W, down*across
	x, w, dy := s.act(images, pixels, in), s.act(filters...), s.act(images, size, out)
	s.Conv2D(s.out(images, size, out), x, w, kernel.Tensor{}, g)
	s.Conv2D(s.actOut(images, size, out), x, w, s.in(out), g)
	s.Conv2DGradInput(s.out(images, pixels, in), dy, w, g)
	s.Conv2DGradInput(s.actOut(images, pixels, in), dy, w, g)
	s.Conv2DGradWeight(s.out(filters...), s.out(out), dy, x, g)
	s.Conv2DGradWeight(s.out(filters...), kernel.Tensor{}, dy, x, g)
}
