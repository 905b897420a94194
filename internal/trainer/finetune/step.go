package finetune

import (
	"cmae/internal/comm"
	"cmae/internal/graph/exec"
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
	compute              kernel.DType // type inside blocks
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

// step is a training step as a compiled graph: forward, loss and gradients for a batch of fixed
// size.
type step struct {
	shape
	*exec.Func
	drop *dropPath
}

// newStep builds the graph over params, which it creates where they do not exist.
func newStep(r *comm.Replicas, p *nn.Params, s shape, dropRate float64) (*step, error) {
	drop := newDropPath(dropRate, s)
	f, err := exec.Compile(r, p, s.compute, s.train(drop))
	if err != nil {
		return nil, trainer.FitsMemory(err, s.batch)
	}
	return &step{s, f, drop}, nil
}

// train builds the graph of a step.
func (s shape) train(drop *dropPath) func(b *exec.Builder) {
	return func(b *exec.Builder) {
		logits := s.forward(b, drop)
		b.Loss(op.SoftCrossEntropy(logits, b.Input("targets", b.ParamType(), s.batch, s.classes)))
	}
}

// forward builds the classifier: logits[B,C]. It trains where drop is there: BatchNorm then goes by
// the batch, and positions may be learned.
func (s shape) forward(b *exec.Builder, drop *dropPath) *op.Node {
	images := b.Images("images", s.batch, s.encoder.In(), s.side)
	if s.encoder.IsResNet() {
		mode := nn.BatchMode{Train: drop != nil}
		return model.NewResNet(b.Scope, s.encoder.ResNet(s.classes), mode).Forward(images).Logits
	}
	all := b.Repeat("all", model.EveryPatch(s.patches()))
	scope, paths := b.Scope, model.DropPath(nil)
	if drop != nil {
		paths = drop.inputs(b)
		if s.positions {
			scope = scope.LearnTables()
		}
	}
	return model.NewClassifier(scope, s.encoder, s.side, s.classes).Forward(images, all, paths)
}

// feed uploads images[B,C,S,S] and their targets[B,C], with the paths dropped that step number
// drops of the images from first on of its batch.
func (t *step) feed(images, targets []float32, seed uint64, number, first int) {
	exec.Feed(t.Func, "images", images)
	exec.Feed(t.Func, "targets", targets)
	t.drop.feed(t.Func, seed, number, first)
}
