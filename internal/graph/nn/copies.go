package nn

import "cmae/internal/kernel"

// KeepCopies makes the set hold a copy in type t of every matrix created from now on, for graphs
// whose compute type is t, and so spares each step the conversion. Whoever then writes a Value must
// call Refresh; optimizers update the copies themselves.
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

// copyOf is the copy of param in the type that KeepCopies set.
func (p *Params) copyOf(param *Param) kernel.Tensor {
	if param.Copy.Absent() {
		param.Copy = p.engine.New(p.copies, param.Value.Shape...)
		p.refresh(param)
	}
	return param.Copy
}
