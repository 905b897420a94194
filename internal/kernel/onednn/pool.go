package onednn

import "cmae/internal/kernel"

// MaxPool2D is one primitive; place holds its workspace.
func (e *Engine) MaxPool2D(y, place, x kernel.Tensor, g kernel.Window) {
	s := spec{kind: maxPool, window: g}
	if e.has(y, x) && y.Type == x.Type {
		e.poolOperands(&s, 0, 1, 2, x.Shape[0], x.Cols(), x.Type, place)
		if e.can(&s) {
			if place.Absent() {
				e.run(&s, x.Data, y.Data)
			} else {
				e.run(&s, x.Data, y.Data, place.Data)
			}
			return
		}
	}
	e.Engine.MaxPool2D(y, place, x, g)
}

// MaxPool2DGrad is one primitive, where MaxPool2D was.
func (e *Engine) MaxPool2DGrad(dx, place, dy kernel.Tensor, g kernel.Window) {
	s := spec{kind: maxPoolGrad, window: g}
	if e.has(dx, dy) && dx.Type == dy.Type {
		e.poolOperands(&s, 2, 0, 1, dx.Shape[0], dx.Cols(), dx.Type, place)
		if e.can(&s) {
			e.run(&s, dy.Data, place.Data, dx.Data)
			return
		}
	}
	e.Engine.MaxPool2DGrad(dx, place, dy, g)
}

// poolOperands describes images, pooled images and places as operands source, result and workspace of s.
func (e *Engine) poolOperands(s *spec, source, result, workspace, images, channels int, t kernel.DType, place kernel.Tensor) {
	down, across := s.window.Out()
	s.operands[source] = channelsLast(t, images, channels, s.window.H, s.window.W)
	s.operands[result] = channelsLast(t, images, channels, down, across)
	if !place.Absent() {
		s.operands[workspace] = dense(place.Type, images, channels, down, across)
	}
}
