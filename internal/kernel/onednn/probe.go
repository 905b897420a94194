package onednn

import "cmae/internal/kernel"

// probe runs what a transformer block needs on small tensors of type t, and tells what the library
// lacks.
func (e *Engine) probe(t kernel.DType) (err error) {
	const images, tokens, heads, d, hidden = 2, 5, 2, 16, 32
	defer func() {
		switch failure := recover().(type) {
		case nil:
		case *kernel.Error:
			err = failure.Err
		default:
			panic(failure)
		}
	}()
	var mine []kernel.Tensor
	defer func() {
		for _, x := range mine {
			e.Free(x)
		}
	}()
	tensor := func(t kernel.DType, shape ...int) kernel.Tensor {
		mine = append(mine, e.New(t, shape...))
		return mine[len(mine)-1]
	}
	x, small := tensor(kernel.F32, images*tokens, d), tensor(t, images*tokens, d)
	wide, up, down := tensor(t, images*tokens, hidden), tensor(t, hidden, d), tensor(t, d, hidden)
	gamma, bias := tensor(kernel.F32, d), tensor(kernel.F32, hidden)
	dw := tensor(kernel.F32, hidden, d)
	qkv, out, probs := tensor(t, images, tokens, 3*d), tensor(t, images, tokens, d), tensor(
		t, images, heads, tokens, tokens,
	)

	e.Attention(out, probs, qkv, heads)
	e.Linear(wide, small, up, kernel.Epilogue{Bias: bias, GELU: true})
	e.Linear(x, wide, down, kernel.Epilogue{Bias: gamma, Residual: x})
	e.Linear(tensor(kernel.F32, images*tokens, d), wide, down, kernel.Epilogue{Residual: x})
	e.GELUGrad(wide, wide, wide)
	e.LinearGradInput(small, wide, up)
	e.LinearGradWeight(dw, bias, wide, small)
	e.AttentionGrad(qkv, qkv, probs, out, heads)
	return nil
}
