package evaluate

import (
	"fmt"

	"cmae/internal/comm"
	"cmae/internal/graph/exec"
	"cmae/internal/graph/nn"
	"cmae/internal/graph/op"
	"cmae/internal/kernel"
	"cmae/internal/optim"
)

// The numbers of the published probe: BatchNorm's epsilon and the deviation of the first weights.
const (
	batchNormEps = 1e-6
	weightSD     = 0.01
)

// head is the classifier with its training step as a compiled graph.
type head struct {
	engine  kernel.Engine
	graph   *exec.Func
	oneHot  []float32   // the targets [B,C]
	params  []*nn.Param // weight[C,D], bias[C]
	lars    *optim.LARS
	running running
}

func newHead(e kernel.Engine, dim, classes, batch int, seed uint64) (*head, error) {
	h := &head{engine: e, oneHot: make([]float32, batch*classes), running: newRunning(dim)}
	p := nn.NewParams(e, kernel.F32, seed)
	graph, err := exec.Compile(lanes.Single(e), p, kernel.F32, func(b *exec.Builder) {
		s := b.Sub("head")
		x := b.Input("features", kernel.F32, batch, dim)
		x = op.BatchNorm(x, op.BatchNormOptions{Eps: batchNormEps}) // [B,D]
		logits := op.Linear(x, s.Param("weight", nn.Normal(weightSD), classes, dim),
			op.LinearOptions{Bias: s.Param("bias", nn.Zeros, classes)}) // [B,C]
		b.Loss(op.SoftCrossEntropy(logits, b.Input("targets", kernel.F32, batch, classes)))
	})
	if err != nil {
		return nil, err
	}
	h.graph, h.params = graph, graph.Params()
	h.lars = optim.NewLARS(optim.DefaultLARS(), e, h.params)
	return h, nil
}

// step trains on one batch, x[B,D] and labels[B], and returns its loss.
func (h *head) step(x []float32, labels []int32, rate float64) (float64, error) {
	classes := len(h.oneHot) / len(labels)
	clear(h.oneHot)
	for i, l := range labels {
		h.oneHot[i*classes+int(l)] = 1
	}
	exec.Feed(h.graph, "features", x)
	exec.Feed(h.graph, "targets", h.oneHot)
	if err := h.graph.Run(); err != nil {
		return 0, err
	}
	loss := exec.Read[float64](h.graph, exec.Loss)[0]
	if loss-loss != 0 {
		return 0, fmt.Errorf("%w at rate %g: lower probe.base_lr", ErrNonFinite, rate)
	}
	h.lars.Step(h.graph.Grads(), rate)
	h.running.update(x)
	return loss, nil
}

func (h *head) close() {
	h.lars.Close()
	h.graph.Close() // gives memory back and cannot fail
	for _, p := range h.params {
		h.engine.Free(p.Value)
	}
}
