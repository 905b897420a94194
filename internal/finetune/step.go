package finetune

import (
	G "gorgonia.org/gorgonia"

	"cmae/internal/graph"
	"cmae/internal/kernel"
	"cmae/internal/lanes"
	"cmae/internal/model"
	"cmae/internal/nn"
	"cmae/internal/op"
	"cmae/internal/runs"
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

// step is a training step as compiled graphs: forward, loss and gradients for a batch of fixed size, a share of it in each lane.
type step struct {
	shape
	*share // of the first lane: all of it where there is one
	params []*nn.Param
	shares []*share
	graphs *graph.Shares
}

// share is the graph that one lane computes, over its share of the images.
type share struct {
	shape
	engine               kernel.Engine
	images, ids, answers kernel.Tensor // [B,3,S,S], [B,N] (absent for a ResNet), [B,C]
	drop                 *dropPath
	loss                 *G.Node // of all shares together, the mean over the batch
	machine              *graph.Machine
}

// newStep builds the graph over params, which it creates where they do not exist.
func newStep(l *lanes.Lanes, p *nn.Params, s shape, dropRate float64) (_ *step, err error) {
	t, one := &step{shape: s}, s
	one.batch /= l.Len()
	t.graphs, err = graph.CompileShares(l, func(g *G.ExprGraph, e kernel.Engine) (outputs, grads G.Nodes, err error) {
		next := &share{shape: one, engine: e}
		t.shares = append(t.shares, next)
		grads, t.params, err = next.build(g, p, dropRate, 1/float64(l.Len()))
		return G.Nodes{next.loss}, grads, err
	})
	if err != nil {
		return nil, runs.FitsMemory(err, s.batch)
	}
	for lane, s := range t.shares {
		s.machine = t.graphs.Machines[lane]
	}
	t.share = t.shares[0]
	return t, nil
}

// planStep is newStep in one lane and without memory: what it would hold. It wants params from nn.NewShapes and fills them.
func planStep(p *nn.Params, s shape, dropRate float64) (*graph.Sketch, error) {
	g, one := G.NewGraph(), &share{shape: s, engine: p.Engine()}
	grads, _, err := one.build(g, p, dropRate, 1)
	if err != nil {
		return nil, err
	}
	return graph.Plan(g, append(G.Nodes{one.loss}, grads...))
}

// build adds the share to g, whose mean loss is a part of the whole batch's, and returns gradients and the parameters that they are of.
func (t *share) build(g *G.ExprGraph, p *nn.Params, dropRate, part float64) (grads G.Nodes, params []*nn.Param, err error) {
	s, e := t.shape, t.engine
	err = op.Build(func() {
		scope := nn.NewScope(g, p, s.inner)
		t.images, t.ids = inputs(scope, e, s)
		t.answers = e.New(scope.Real(), s.batch, s.classes)
		t.drop = newDropPath(scope, e, dropRate, s.encoder.Depth, s.batch)
		logits := forward(scope, s, t.images, t.ids, t.drop)
		if t.loss = op.SoftCrossEntropy(logits, op.Input(g, "input.targets", t.answers)); part < 1 {
			t.loss = op.Scale(t.loss, part)
		}
		grads, params = scope.Differentiate(t.loss)
	})
	return grads, params, err
}

// inputs is memory for images and, for a transformer, the list of all patches of each.
func inputs(scope *nn.Scope, e kernel.Engine, s shape) (images, ids kernel.Tensor) {
	images = e.New(scope.Real(), s.batch, 3, s.side, s.side)
	if !s.encoder.IsResNet() {
		ids = model.EveryPatch(e, s.batch, s.patches())
	}
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
	err = t.graphs.Each(func(lane int) {
		s, all := t.shares[lane], len(t.shares)
		pixels, targets := len(images)/all, len(answers)/all
		nn.WriteTensor(s.engine, s.images, images[lane*pixels:(lane+1)*pixels])
		nn.WriteTensor(s.engine, s.answers, answers[lane*targets:(lane+1)*targets])
		s.drop.set(seed, number, first+lane*s.batch)
	})
	if err == nil {
		err = t.graphs.RunAll()
	}
	if err != nil {
		return 0, err
	}
	for _, s := range t.shares {
		loss += nn.ReadTensor[float64](s.engine, s.machine.Value(s.loss))[0]
	}
	return loss, nil
}

// close gives the memory back; the parameters and the lanes stay.
func (t *step) close() error {
	for _, s := range t.shares {
		s.drop.free()
		free(s.engine, s.images, s.ids, s.answers)
	}
	return t.graphs.Close()
}

// free gives back what is there.
func free(e kernel.Engine, tensors ...kernel.Tensor) {
	for _, m := range tensors {
		if !m.Absent() {
			e.Free(m)
		}
	}
}
