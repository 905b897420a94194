package evaluate

import (
	"fmt"

	G "gorgonia.org/gorgonia"

	"cmae/internal/graph"
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
	engine    kernel.Engine
	features  kernel.Tensor // [B,D]
	targets   kernel.Tensor // [B,C], one-hot
	oneHot    []float32     // its values
	params    []*nn.Param   // weight[C,D], bias[C]
	lossNode  *G.Node
	gradients []kernel.Tensor
	machine   *graph.Machine
	lars      *optim.LARS
	running   running
}

func newHead(e kernel.Engine, dim, classes, batch int, seed uint64) (*head, error) {
	h := &head{engine: e, oneHot: make([]float32, batch*classes), running: newRunning(dim)}
	h.features, h.targets = e.New(kernel.F32, batch, dim), e.New(kernel.F32, batch, classes)
	g := G.NewGraph()
	var grads G.Nodes
	err := op.Build(func() {
		scope := nn.NewScope(g, nn.NewParams(e, kernel.F32, seed), kernel.F32).Sub("head")
		// [B,D]
		x := op.BatchNorm(
			op.Input(g, "input.features", h.features), op.BatchNormOptions{Eps: batchNormEps},
		)
		weight := scope.Param("weight", nn.Normal(weightSD), classes, dim)
		// [B,C]
		logits := op.Linear(
			x, weight, op.LinearOptions{Bias: scope.Param("bias", nn.Zeros, classes)},
		)
		h.lossNode = op.SoftCrossEntropy(logits, op.Input(g, "input.targets", h.targets))
		grads, h.params = scope.Differentiate(h.lossNode)
	})
	if err != nil {
		return nil, err
	}
	if h.machine, err = graph.Compile(e, g, append(G.Nodes{h.lossNode}, grads...)); err != nil {
		return nil, err
	}
	for _, n := range grads {
		h.gradients = append(h.gradients, h.machine.Value(n))
	}
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
	nn.WriteTensor(h.engine, h.features, x)
	nn.WriteTensor(h.engine, h.targets, h.oneHot)
	if err := h.machine.RunAll(); err != nil {
		return 0, err
	}
	loss := nn.ReadTensor[float64](h.engine, h.machine.Value(h.lossNode))[0]
	if loss-loss != 0 {
		return 0, fmt.Errorf("%w at rate %g: lower probe.base_lr", ErrNonFinite, rate)
	}
	h.lars.Step(h.gradients, rate)
	h.running.update(x)
	return loss, nil
}

func (h *head) close() {
	h.lars.Close()
	h.machine.Close() // gives memory back and cannot fail
	for _, p := range h.params {
		h.engine.Free(p.Value)
	}
	h.engine.Free(h.features)
	h.engine.Free(h.targets)
}
