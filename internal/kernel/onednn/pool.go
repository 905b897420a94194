package onednn

import "cmae/internal/kernel"

// MaxPool2D is one primitive; place holds its workspace.
func (e *Engine) MaxPool2D(y, place, x kernel.Tensor, g kernel.Window) {
	s, back := poolSpecs(x, place, g)
	switch {
	case !e.has(y, x) || y.Type != x.Type || !e.can(&s) || !place.Absent() && !e.can(&back):
		e.Engine.MaxPool2D(y, place, x, g)
	case place.Absent():
		e.run(&s, x.Data, y.Data)
	default:
		e.run(&s, x.Data, y.Data, place.Data)
	}
}

// MaxPool2DGrad is one primitive where MaxPool2D was, since only then it can read place.
func (e *Engine) MaxPool2DGrad(dx, place, dy kernel.Tensor, g kernel.Window) {
	s, back := poolSpecs(dx, place, g)
	if !e.has(dx, dy) || dx.Type != dy.Type || !e.can(&s) || !e.can(&back) {
		e.Engine.MaxPool2DGrad(dx, place, dy, g)
		return
	}
	e.run(&back, dy.Data, place.Data, dx.Data)
}

// poolSpecs are both directions of a pool of images like x.
func poolSpecs(x, place kernel.Tensor, g kernel.Window) (forward, back spec) {
	down, across := g.Out()
	images, channels := x.Shape[0], x.Cols()
	from, to := channelsLast(x.Type, images, channels, g.H, g.W), channelsLast(
		x.Type, images, channels, down, across,
	)
	var workspace operand
	if !place.Absent() {
		workspace = dense(place.Type, images, channels, down, across)
	}
	forward = spec{kind: maxPool, window: g, operands: [maxOperands]operand{from, to, workspace}}
	back = spec{kind: maxPoolGrad, window: g, operands: [maxOperands]operand{to, workspace, from}}
	return forward, back
}
