package onednn

import (
	"fmt"

	"cmae/internal/kernel"
)

// probe compiles what a transformer block needs in type t, and tells what the library lacks.
func (e *Engine) probe(t kernel.DType) error {
	const r, n, k = 32, 64, 32
	forward := spec{kind: matmul, posts: [2]post{{alg: gelu}}}
	forward.operands = [maxOperands]operand{dense(t, r, k), dense(t, n, k).transposed(), dense(t, r, n), dense(kernel.F32, 1, n)}
	residual := spec{kind: matmul, posts: [2]post{{alg: add, other: dense(kernel.F32, r, n)}}}
	residual.operands = [maxOperands]operand{dense(t, r, k), dense(t, n, k).transposed(), dense(kernel.F32, r, n), dense(kernel.F32, 1, n)}
	weight := spec{kind: matmul}
	weight.operands = [maxOperands]operand{dense(t, r, n).transposed(), dense(t, r, k), dense(kernel.F32, n, k)}
	geluGrad := spec{kind: eltwiseGrad, alg: gelu}
	geluGrad.operands = [maxOperands]operand{dense(t, r, n), dense(t, r, n), dense(t, r, n)}
	cast := spec{kind: reorder}
	cast.operands = [maxOperands]operand{dense(kernel.F32, r, n), dense(t, r, n)}
	for _, s := range []spec{forward, residual, weight, geluGrad, cast} {
		if err := e.get(&s).err; err != nil {
			return fmt.Errorf("no primitive for %s: %w", s, err)
		}
	}
	return nil
}
