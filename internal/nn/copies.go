package nn

import "cmae/internal/kernel"

// KeepCopies makes the set hold every matrix created from now on in t as well, for the graphs whose inner type t is. It spares each
// step the conversion. In return whoever writes a Value calls Refresh; optimizers bring copies along by themselves.
func (p *Params) KeepCopies(t kernel.DType) { p.copies = t }

// Refresh makes every copy anew from its value.
func (p *Params) Refresh() {
	for _, param := range p.list {
		p.refresh(param)
	}
}

func (p *Params) refresh(param *Param) {
	if !param.Copy.Absent() {
		p.engine.Cast(param.Copy, param.Value)
	}
}

// copyOf is the copy of param in the type that KeepCopies was told.
func (p *Params) copyOf(param *Param) kernel.Tensor {
	if param.Copy.Absent() {
		param.Copy = p.engine.New(p.copies, param.Value.Shape...)
		p.refresh(param)
	}
	return param.Copy
}
