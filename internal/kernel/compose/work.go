package compose

import "cmae/internal/kernel"

// work is a composed operation in progress: the engine that it is made of, and memory until it
// ends.
type work struct {
	kernel.Engine
	constants
	mine   []kernel.Tensor
	rounds []rounding
}

// rounding is a BF16 result that is computed in F32.
type rounding struct{ to, from kernel.Tensor }

func (c *composer) begin() *work { return &work{Engine: c.all, constants: c.constants} }

// end rounds the BF16 results and gives the memory back.
func (w *work) end() {
	for _, r := range w.rounds {
		w.Cast(r.to, r.from)
	}
	for _, t := range w.mine {
		w.Free(t)
	}
}

// scratch is memory of the type of like that holds anything.
func (w *work) scratch(like kernel.Tensor, shape ...int) kernel.Tensor {
	w.mine = append(w.mine, w.New(like.Type, shape...))
	return w.mine[len(w.mine)-1]
}

// in is an operand in at least F32, absent if it is.
func (w *work) in(x kernel.Tensor) kernel.Tensor {
	if x.Type != kernel.BF16 {
		return x
	}
	wide := w.scratch(kernel.Tensor{Type: kernel.F32}, x.Shape...)
	w.Cast(wide, x)
	return wide
}

// out is where to compute a result, in at least F32.
func (w *work) out(y kernel.Tensor) kernel.Tensor {
	if y.Type != kernel.BF16 {
		return y
	}
	wide := w.scratch(kernel.Tensor{Type: kernel.F32}, y.Shape...)
	w.rounds = append(w.rounds, rounding{y, wide})
	return wide
}
