package finetune

import (
	"context"
	"errors"
	"fmt"

	"cmae/internal/comm"
	"cmae/internal/contrastivecrop"
	"cmae/internal/dataset/loader"
	"cmae/internal/evaluate"
	"cmae/internal/evaluate/features"
	"cmae/internal/graph"
	"cmae/internal/graph/exec"
	"cmae/internal/graph/nn"
	"cmae/internal/kernel/backend"
	"cmae/internal/optim"
	"cmae/internal/recipe"
	"cmae/internal/report"
	"cmae/internal/rundir"
	"cmae/internal/rundir/checkpoint"
	"cmae/internal/trainer"
	"cmae/internal/weights"
)

// task is finetuning as the loop sees it.
type task struct {
	run       *trainer.Run
	config    recipe.Finetune
	from      string
	resetHead bool
	processes comm.Processes
	train     *loader.Loader
	part      features.Part  // of the test images, that this process classifies
	whole     *loader.Loader // of them
	step      *step
	evaluator *evaluator
	optimizer *optim.Optimizer
	targets   []float32           // [B,C] of the step: its labels, smoothed and mixed
	ahead     ahead               // uploaded before its step
	mixed     bool                // batches come mixed, with their targets: from a bundle
	weights   []float32           // [C] of an image of a class; nil where all count alike
	confusion *evaluate.Confusion // on the classifier as it stands, or nil
	best      float64             // highest accuracy on the test images so far, -1 before the first
	bestEpoch int                 // after which that was, from 1
	probed    *float64            // accuracy of the probe that the classifier began with, or nil
}

var _ trainer.Task = (*task)(nil)

// fedTargets are the targets of a batch in the bundle of a step that diverged.
const fedTargets = "targets"

// newTask makes what does not depend on whether the run is new: step, optimizer, evaluator,
// loaders. It takes the run over, to be closed with the task.
func newTask(run *trainer.Run, o Options) (_ *task, err error) {
	c := o.Config
	t := &task{
		run: run, config: c, from: o.From, resetHead: o.ResetHead, processes: o.Processes, best: -1,
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, t.close())
		}
	}()
	s := t.shape(len(run.Images.Train.Classes()))
	if err := run.Replicate(replicasOn(c, run.Choice, s, run.Processes())); err != nil {
		return nil, err
	}
	if err := t.compile(s); err != nil {
		return nil, err
	}
	t.weights = c.Train.ClassWeights.Of(run.Images.Train.Counts())
	s.batch = min(features.Batch, run.Images.Test.Len())
	if t.evaluator, err = newEvaluator(run.Params, s); err != nil {
		return nil, err
	}
	if err := t.open(s.batch); err != nil {
		return nil, err
	}
	return t, nil
}

// shape is what a training step is compiled for.
func (t *task) shape(classes int) shape {
	c := t.config
	return shape{
		encoder: c.Encoder().At(t.run.Side), side: t.run.Side,
		classes: classes, batch: c.Train.Microbatch(),
		compute: t.run.Choice.ComputeType, positions: c.Train.Positions,
	}
}

// compile makes the step, in every replica, and its optimizer.
func (t *task) compile(s shape) (err error) {
	c := t.config
	if t.step, err = newStep(t.run.Replicas, t.run.Params, s, c.Train.DropPath); err != nil {
		return err
	}
	t.step.Accumulate(c.Train.Accumulate)
	t.optimizer = optim.New(c.Optim, t.run.Choice.Engine, t.step.Params())
	t.optimizer.Regroup(optim.LayerDecay(c.Train.LayerDecay, s.layers()))
	return nil
}

// open makes the loaders: of training images, and of whole test images as many at a time.
func (t *task) open(whole int) (err error) {
	c := t.config
	if cut := t.run.Images.Cut(c.Data); cut != "" {
		t.run.Console.Log("%s", cut)
	}
	o := loader.Options{
		Mode: loader.Whole, Seed: c.Seed, Batch: whole, Side: t.run.Side,
		Augment: c.Augment.Views(), Supervised: &c.Augment, Fit: c.Data.Whole(), Config: c.Loader,
	}
	t.part = features.PartOf(t.processes, t.run.Images.Test)
	if t.whole, err = loader.New(t.part, o); err != nil {
		return err
	}
	o.Mode, o.Batch, o.Shard = loader.Labelled, c.Train.BatchSize, t.run.Shard(c.Mix.Mixes())
	t.train, err = loader.New(t.run.Images.Train, o)
	return err
}

// replicasOn is how many replicas each of so many processes has in a run of this shape.
func replicasOn(
	c recipe.Finetune, choice *backend.Choice, s shape, processes int,
) (int, error) {
	plan := func(p *nn.Params) (*graph.Sketch, error) {
		return exec.Plan(p, processes, s.compute, s.train(newDropPath(c.Train.DropPath, s)))
	}
	return choice.ReplicasFor(c.Replicas, s.batch/processes, !s.encoder.IsResNet(), plan)
}

// Components are the step's.
func (t *task) Components() trainer.Components {
	return trainer.Components{
		Loader: t.train, Optimizer: t.optimizer, Params: t.step.Params(), Grads: t.step.Grads(),
	}
}

// Start takes the encoder of a file, and its head where it has one. A transformer's final LayerNorm
// has no place here: fc_norm is a new one, as pooling comes before it.
func (t *task) Start(ctx context.Context) error {
	if t.from == "" {
		return nil
	}
	file, err := weights.Open(t.from)
	if err != nil {
		return err
	}
	if err := t.takeHead(file); err != nil {
		return err
	}
	file.Forget("norm.")
	if err := t.run.Load(file, t.step.encoder.PatchSize); err != nil {
		return err
	}
	if t.config.Train.InitHead == recipe.HeadOfProbe && !hasHead(file, t.step.head()) {
		return t.probeHead(ctx)
	}
	return nil
}

// hasHead reports whether a file has a classifier whose name begins so.
func hasHead(file *weights.File, head string) bool { return file.Shape(head+"weight") != nil }

// Announce prints what was derived from the settings.
func (t *task) Announce() {
	c, e := t.config, t.step.encoder
	encoder := fmt.Sprintf("%s, %d wide", e.Size, e.Width)
	if !e.IsResNet() {
		encoder = fmt.Sprintf(
			"%d wide, %d deep, %d heads; %d patches of %d px", e.Dim, e.Depth, e.Heads,
			t.step.patches(), e.PatchSize,
		)
	}
	t.run.Console.Log(
		"encoder %s; %d trained parameters; %.1f MB of activations in %s", encoder,
		t.run.Params.Count(""), float64(t.step.Memory())/1e6, t.run.Replicas,
	)
	peak := c.Optim.Rate(c.Train.BatchSize)
	first := optim.LayerDecay(c.Train.LayerDecay, t.step.layers())(t.step.Params()[0])
	t.run.Console.Log(
		"%s of %s, batch %d, peak learning rate %.3g at the head and %.3g at the first layer",
		report.Count(c.Train.Epochs, "epoch"), report.Count(t.run.Steps(), "step"),
		c.Train.BatchSize, peak, peak*first.Scale,
	)
}

// BeginEpoch has nothing to do: crops are not bounded.
func (t *task) BeginEpoch(context.Context) (func(image int) contrastivecrop.Box, error) {
	return nil, nil
}

// Fed are the targets that mixing has made of the labels.
func (t *task) Fed() map[string][]float32 { return map[string][]float32{fedTargets: t.targets} }

// Losses are the cross-entropy alone.
func (t *task) Losses() trainer.Losses {
	return trainer.Losses{Total: exec.Read[float64](t.step.Func, exec.Loss)[0]}
}

// EMA has none.
func (t *task) EMA(int) (momentum float64, tracked bool) { return 0, false }

// EndStep has nothing to do.
func (t *task) EndStep() {}

// EndEpoch evaluates the classifier when it is time for that.
func (t *task) EndEpoch(
	ctx context.Context, _ float64, _ bool,
) (e trainer.Evaluation, err error) {
	t.confusion = nil
	c, done := t.config.Train, t.run.At.Epoch+1
	if done != c.Epochs && done%c.EvalEvery != 0 {
		return e, nil
	}
	if t.confusion, err = t.evaluate(ctx); err != nil {
		return e, err
	}
	s := t.confusion.Score()
	e.Note = fmt.Sprintf("accuracy %.4f", s.Accuracy)
	e.Values = map[string]float64{rundir.TestAccuracy: s.Accuracy}
	if s.Top5 != nil {
		e.Values[rundir.TestTop5] = *s.Top5
	}
	e.Scored = true
	if e.Best = s.Accuracy > t.best; e.Best {
		t.best, t.bestEpoch = s.Accuracy, done
	}
	return e, nil
}

// Save adds the best accuracy so far, and what the classifier's outputs are called.
func (t *task) Save(c *checkpoint.Checkpoint) {
	c.Classes = t.run.Images.Train.Classes()
	c.Metrics[checkpoint.BestMetric] = t.best
	c.Metrics[checkpoint.BestEpochMetric] = float64(t.bestEpoch)
	if t.probed != nil {
		c.Metrics[checkpoint.ProbeMetric] = *t.probed
	}
}

// Restore takes back what Save added.
func (t *task) Restore(c *checkpoint.Checkpoint) error {
	t.best = c.Metrics[checkpoint.BestMetric]
	t.bestEpoch = int(c.Metrics[checkpoint.BestEpochMetric])
	if probed, ok := c.Metrics[checkpoint.ProbeMetric]; ok {
		t.probed = &probed
	}
	return nil
}

// evaluate classifies the test images, of which each process answers a part.
func (t *task) evaluate(ctx context.Context) (*evaluate.Confusion, error) {
	answers, err := t.evaluator.classify(ctx, t.whole)
	if err = comm.Agree(t.processes, err); err != nil {
		return nil, err
	}
	test := t.run.Images.Test
	c := evaluate.NewConfusion(test.Classes())
	answers = features.Join(t.part, t.processes, answers)
	for i := range test.Len() {
		c.Add(int32(test.Label(i)), evaluate.Answer{
			Class: int(answers[2*i]), Rank: int(answers[2*i+1]),
		})
	}
	return c, nil
}

// close gives everything back, whatever had been made.
func (t *task) close() error {
	var errs []error
	if t.evaluator != nil {
		errs = append(errs, t.evaluator.Close())
	}
	if t.step != nil {
		errs = append(errs, t.step.Close())
	}
	return errors.Join(append(errs, t.run.Close())...)
}
