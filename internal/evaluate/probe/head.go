package probe

import (
	"fmt"

	"cmae/internal/comm"
	"cmae/internal/evaluate"
	"cmae/internal/evaluate/features"
	"cmae/internal/fault"
	"cmae/internal/graph/exec"
	"cmae/internal/graph/nn"
	"cmae/internal/graph/op"
	"cmae/internal/kernel"
	"cmae/internal/optim"
)

// weightSD is the standard deviation of the first weights, as published.
const weightSD = 0.01

// testBlock is how many test images are classified at a time.
const testBlock = 1024

// head is the classifier with its training step as a compiled graph.
type head struct {
	engine  kernel.Engine
	graph   *exec.Func
	oneHot  []float32   // the targets [B,C]
	weights []float32   // [C] of an image of a class; nil where all count alike
	params  []*nn.Param // weight[C,D], bias[C]
	lars    *optim.LARS
	running running
}

func newHead(
	e kernel.Engine, dim, classes, batch int, seed uint64, weights []float32,
) (*head, error) {
	h := &head{
		engine: e, oneHot: make([]float32, batch*classes), weights: weights,
		running: newRunning(dim),
	}
	p := nn.NewParams(e, kernel.F32, seed)
	graph, err := exec.Compile(comm.Single(e), p, kernel.F32, func(b *exec.Builder) {
		s := b.Sub("head")
		x := b.Input("features", kernel.F32, batch, dim)
		x = op.BatchNorm(x, op.BatchNormOptions{Eps: evaluate.BatchNormEps}) // [B,D]
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
		if h.weights != nil {
			h.oneHot[i*classes+int(l)] = h.weights[l]
		}
	}
	exec.Feed(h.graph, "features", x)
	exec.Feed(h.graph, "targets", h.oneHot)
	if err := h.graph.Run(); err != nil {
		return 0, err
	}
	loss := exec.Read[float64](h.graph, exec.Loss)[0]
	if !kernel.Finite(loss) {
		return 0, fmt.Errorf("%w at rate %g: lower probe.base_lr", fault.NonFinite, rate)
	}
	h.lars.Step(h.graph.Grads(), rate)
	h.running.update(x)
	return loss, nil
}

// score classifies a split with the running statistics in the batch's place.
func (h *head) score(test features.Set, classes []string) (*evaluate.Confusion, error) {
	e, c, dim := h.engine, len(classes), test.Dim
	weight, bias := h.params[0].Value, h.params[1].Value
	size := min(testBlock, test.Len())
	x, y := e.New(kernel.F32, size, dim), e.New(kernel.F32, size, c)
	defer e.Free(x)
	defer e.Free(y)
	normal := make([]float32, size*dim)
	t := evaluate.NewConfusion(classes)
	for i := 0; i < test.Len(); i += size {
		rows := min(size, test.Len()-i)
		h.running.normalize(normal, test.Values[i*dim:(i+rows)*dim])
		kernel.Write(e, x.Part(0, rows), normal[:rows*dim])
		e.Linear(y.Part(0, rows), x.Part(0, rows), weight, kernel.Epilogue{Bias: bias})
		logits := kernel.Read[float32](e, y.Part(0, rows))
		for _, v := range logits {
			if !kernel.Finite(v) {
				return nil, fmt.Errorf(
					"%w on test images: lower probe.base_lr", fault.NonFinite,
				)
			}
		}
		for r, label := range test.Labels[i : i+rows] {
			t.AddScores(label, logits[r*c:(r+1)*c])
		}
	}
	return t, nil
}

// trained is the classifier as it stands.
func (h *head) trained(classes []string) *evaluate.LinearHead {
	l := &evaluate.LinearHead{
		Classes: classes,
		Weight:  kernel.Read[float32](h.engine, h.params[0].Value),
		Bias:    kernel.Read[float32](h.engine, h.params[1].Value),
	}
	for j := range h.running.mean {
		l.Mean = append(l.Mean, float32(h.running.mean[j]))
		l.Variance = append(l.Variance, float32(h.running.variance[j]))
	}
	return l
}

func (h *head) close() {
	h.lars.Close()
	h.graph.Close() // gives memory back and cannot fail
	for _, p := range h.params {
		h.engine.Free(p.Value)
	}
}
