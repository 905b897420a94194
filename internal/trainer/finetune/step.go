package finetune

import (
	G "gorgonia.org/gorgonia"

	"cmae/internal/comm"
	"cmae/internal/graph"
	"cmae/internal/graph/nn"
	"cmae/internal/graph/op"
	"cmae/internal/kernel"
	"cmae/internal/model"
	"cmae/internal/trainer"
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

// step is a training step as compiled graphs: forward, loss and gradients for a batch of fixed
// size, a share of it in each lane.
type step struct {
	shape
	*graph.Shares[*share]
	params []*nn.Param
}

// share is what one lane computes, over its share of the images.
type share struct {
	*graph.Share
	images, ids, answers kernel.Tensor // [B,3,S,S], [B,N] (absent for a ResNet), [B,C]
	drop                 *dropPath
	loss                 *G.Node // of all shares together, the mean over the batch
	params               []*nn.Param
}

// newStep builds the graph over params, which it creates where they do not exist.
func newStep(l *lanes.Lanes, p *nn.Params, s shape, dropRate float64) (*step, error) {
	one := s
	one.batch /= l.Len()
	shares, err := graph.CompileShares(l, build(p, one, dropRate))
	if err != nil {
		return nil, trainer.FitsMemory(err, s.batch)
	}
	return &step{s, shares, shares.Lanes[0].params}, nil
}

// build makes shares of the given shape.
func build(p *nn.Params, s shape, dropRate float64) graph.Build[*share] {
	return func(of *graph.Share) (t *share, outputs, grads G.Nodes, err error) {
		t = &share{Share: of}
		err = op.Build(func() {
			scope := nn.NewScope(of.Graph, p, s.inner)
			t.images, t.ids = inputs(scope, of.Engine, s)
			t.answers = of.Engine.New(scope.Real(), s.batch, s.classes)
			t.drop = newDropPath(scope, of.Engine, dropRate, s.encoder.Depth, s.batch)
			logits := forward(scope, s, t.images, t.ids, t.drop)
			t.loss = of.Mean(
				op.SoftCrossEntropy(logits, op.Input(of.Graph, "input.targets", t.answers)),
			)
			grads, t.params = scope.Differentiate(t.loss)
		})
		return t, G.Nodes{t.loss}, grads, err
	}
}

// inputs is memory for images and, for a transformer, the list of all patches of each.
func inputs(scope *nn.Scope, e kernel.Engine, s shape) (images, ids kernel.Tensor) {
	images = e.New(scope.Real(), s.batch, 3, s.side, s.side)
	if !s.encoder.IsResNet() {
		ids = model.EveryPatch(e, s.batch, s.patches())
	}
	return images, ids
}

// forward adds the classifier to the graph: logits[B,C]. It trains where drop is there: BatchNorm
// then goes by the batch, and positions may be learned.
func forward(scope *nn.Scope, s shape, images, ids kernel.Tensor, drop *dropPath) *G.Node {
	pixels := op.Input(scope.Graph(), "input.images", images)
	if s.encoder.IsResNet() {
		return model.NewResNet(
			scope, s.encoder.ResNet(s.classes), nn.BatchMode{Train: drop != nil},
		).Forward(pixels).Logits
	}
	var paths model.DropPath
	if drop != nil {
		paths = drop.of
		if s.positions {
			scope = scope.LearnTables()
		}
	}
	return model.NewClassifier(scope, s.encoder, s.side, s.classes).Forward(
		pixels, op.Input(scope.Graph(), "input.all", ids), paths,
	)
}

// compute makes loss and gradients of images[B,3,S,S] and their soft answers[B,C], with the paths
// dropped that step number drops of the images from first on of its batch.
func (t *step) compute(
	images, answers []float32, seed uint64, number, first int,
) (loss float64, err error) {
	err = t.Each(func(lane int, s *share) {
		all := len(t.Lanes)
		pixels, targets := len(images)/all, len(answers)/all
		nn.WriteTensor(s.Engine, s.images, images[lane*pixels:(lane+1)*pixels])
		nn.WriteTensor(s.Engine, s.answers, answers[lane*targets:(lane+1)*targets])
		s.drop.set(seed, number, first+lane*s.drop.batch)
	})
	if err == nil {
		err = t.Run()
	}
	if err != nil {
		return 0, err
	}
	for _, s := range t.Lanes {
		loss += nn.ReadTensor[float64](s.Engine, s.Machine.Value(s.loss))[0]
	}
	return loss, nil
}

// Free gives the memory of the inputs back.
func (s *share) Free() {
	s.drop.free()
	free(s.Engine, s.images, s.ids, s.answers)
}

// free gives back what is there.
func free(e kernel.Engine, tensors ...kernel.Tensor) {
	for _, m := range tensors {
		if !m.Absent() {
			e.Free(m)
		}
	}
}
