package op_test

import (
	"fmt"
	"testing"

	"cmae/internal/graph/op"
)

// TestBatchNormFinish checks the gradients where a residual is added and negative results are cut
// off, with and without parameters.
func TestBatchNormFinish(t *testing.T) {
	for i := range 8 {
		affine, residual, relu := i&1 != 0, i&2 != 0, i&4 != 0
		name := fmt.Sprintf("affine=%t,residual=%t,relu=%t", affine, residual, relu)
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			o := op.BatchNormOptions{Eps: 1e-5, Groups: 2, Finish: op.Finish{ReLU: relu}}
			if affine {
				o.Gamma, o.Beta = b.x(3), b.x(3)
			}
			if residual {
				o.Residual = b.x(4, 2, 3)
			}
			b.check(b.loss(op.BatchNorm(b.x(4, 2, 3), o)), 1e-5, smooth)
		})
	}
}

// TestBatchNormFinishRefusals: a residual of another shape.
func TestBatchNormFinishRefusals(t *testing.T) {
	b := newBench(t)
	x, one := b.x(4, 3), b.x(3)
	for name, build := range map[string]func(){
		"training": func() {
			op.BatchNorm(x, op.BatchNormOptions{Finish: op.Finish{Residual: one}})
		},
		"evaluation": func() {
			op.BatchNormRunning(x, one, one, one, one, 1e-5, op.Finish{Residual: b.x(4, 4)})
		},
	} {
		if err := op.Build(build); err == nil {
			t.Errorf("%s: a residual of another shape is taken", name)
		}
	}
}
