package finetune

import (
	"fmt"

	G "gorgonia.org/gorgonia"

	"cmae/internal/graph"
	"cmae/internal/kernel"
	"cmae/internal/model"
	"cmae/internal/nn"
	"cmae/internal/op"
)

// shape is what graphs are made for.
type shape struct {
	encoder              model.EncoderConfig
	side, classes, batch int
	inner                kernel.DType // type inside blocks
	positions            bool         // a transformer's are trained
}

func (s shape) patches() int {
	grid := s.side / s.encoder.PatchSize
	return grid * grid
}

// layers is the depth that layer decay counts: a transformer's blocks or a ResNet's stages.
func (s shape) layers() int {
	if s.encoder.IsResNet() {
		return model.ResNetStages
	}
	return s.encoder.Depth
}

// head begins the names of the classifier on top.
func (s shape) head() string {
	if s.encoder.IsResNet() {
		return "fc."
	}
	return "head."
}

// step is a training step as a compiled graph: forward, loss and gradients for a batch of fixed size.
type step struct {
	shape
	engine               kernel.Engine
	images, ids, answers kernel.Tensor // [B,3,S,S], [B,N] (absent for a ResNet), [B,C]
	drop                 *dropPath
	loss                 *G.Node
	params               []*nn.Param
	grads                []kernel.Tensor
	machine              *graph.Machine
}

// newStep builds the graph over params, which it creates where they do not exist.
func newStep(p *nn.Params, s shape, dropRate float64) (*step, error) {
	g, e := G.NewGraph(), p.Engine()
	t := &step{shape: s, engine: e}
	var grads G.Nodes
	err := op.Build(func() {
		scope := nn.NewScope(g, p, s.inner)
		t.images, t.ids = inputs(scope, e, s)
		t.answers = e.New(scope.Real(), s.batch, s.classes)
		t.drop = newDropPath(scope, e, dropRate, s.encoder.Depth, s.batch)
		logits := forward(scope, s, t.images, t.ids, t.drop)
		t.loss = op.SoftCrossEntropy(logits, op.Input(g, "input.targets", t.answers))
		var trained G.Nodes
		trained, t.params = scope.Trained()
		var err error
		if grads, err = G.Grad(t.loss, trained...); err != nil {
			panic(fmt.Sprintf("finetune: differentiate: %v", err)) // every op has a gradient: our own bug
		}
	})
	if err != nil {
		return nil, err
	}
	if t.machine, err = graph.Compile(e, g, append(G.Nodes{t.loss}, grads...)); err != nil {
		return nil, err
	}
	for _, n := range grads {
		t.grads = append(t.grads, t.machine.Value(n))
	}
	return t, nil
}

// inputs is memory for images and, for a transformer, the list of all patches of each.
func inputs(scope *nn.Scope, e kernel.Engine, s shape) (images, ids kernel.Tensor) {
	images = e.New(scope.Real(), s.batch, 3, s.side, s.side)
	if s.encoder.IsResNet() {
		return images, ids
	}
	n := s.patches()
	ids = e.New(kernel.I32, s.batch, n)
	all := make([]int32, s.batch*n)
	for i := range all {
		all[i] = int32(i % n)
	}
	nn.WriteTensor(e, ids, all)
	return images, ids
}

// forward adds the classifier to the graph: logits[B,C]. It trains where drop is there: BatchNorm then goes by the batch, and positions
// may be learned.
func forward(scope *nn.Scope, s shape, images, ids kernel.Tensor, drop *dropPath) *G.Node {
	pixels := op.Input(scope.Graph(), "input.images", images)
	if s.encoder.IsResNet() {
		return model.NewResNet(scope, s.encoder.ResNet(s.classes), nn.BatchMode{Train: drop != nil}).Forward(pixels).Logits
	}
	var paths model.DropPath
	if drop != nil {
		paths = drop.of
		if s.positions {
			scope = scope.LearnTables()
		}
	}
	return model.NewClassifier(scope, s.encoder, s.side, s.classes).Forward(pixels, op.Input(scope.Graph(), "input.all", ids), paths)
}

// run computes loss and gradients of images[B,3,S,S] and their soft answers[B,C], with the paths dropped that step number drops of the images
// from first on of its batch.
func (t *step) run(images, answers []float32, seed uint64, number, first int) (loss float64, err error) {
	nn.WriteTensor(t.engine, t.images, images)
	nn.WriteTensor(t.engine, t.answers, answers)
	t.drop.set(seed, number, first)
	if err := t.machine.RunAll(); err != nil {
		return 0, err
	}
	return nn.ReadTensor[float64](t.engine, t.machine.Value(t.loss))[0], nil
}

// close gives the memory back; the parameters stay.
func (t *step) close() error {
	t.drop.free()
	free(t.engine, t.images, t.ids, t.answers)
	return t.machine.Close()
}

// free gives back what is there.
func free(e kernel.Engine, tensors ...kernel.Tensor) {
	for _, m := range tensors {
		if !m.Absent() {
			e.Free(m)
		}
	}
}
