package pretrain

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"

	"cmae/internal/contrastivecrop"
	"cmae/internal/dataset"
	"cmae/internal/dataset/loader"
	"cmae/internal/graph/nn"
	"cmae/internal/method"
	"cmae/internal/optim"
	"cmae/internal/recipe"
	"cmae/internal/report"
	"cmae/internal/rundir"
	"cmae/internal/rundir/checkpoint"
	"cmae/internal/trainer"
	"cmae/internal/weights"
)

// task is pretraining as the loop sees it.
type task struct {
	run       *trainer.Run
	config    recipe.Pretrain
	methods   method.Table
	initFrom  string // weights that a new run starts from, "" for random ones
	loader    *loader.Loader
	graph     method.Graph // that the step is compiled from
	step      *method.Step
	ahead     *loader.Batch // uploaded before its step, nil for none
	images    []int32       // of the whole batch of the step under way
	optimizer *optim.Optimizer
	labelled  *dataset.Data          // what kNN is measured on: the run's images, or others
	boxes     *contrastivecrop.Boxes // nil without ContrastiveCrop
	// the last epoch before which the boxes were found anew, -1 if never
	refreshed int
	best      float64  // so far, of the metric that train.best names; lower is better
	bestEpoch int      // after which that was, from 1; 0 if never
	accuracy  *float64 // of kNN, when it was last measured
}

var (
	_ trainer.Task  = (*task)(nil)
	_ trainer.Ahead = (*task)(nil)
)

// newTask makes what does not depend on whether the run is new: step, optimizer, loader, boxes. It
// takes the run over, to be closed with the task.
func newTask(
	run *trainer.Run, methods method.Table, c recipe.Pretrain, images loader.Source,
	initFrom string,
) (_ *task, err error) {
	t := &task{
		run: run, config: c, methods: methods, initFrom: initFrom, refreshed: -1, best: math.Inf(1),
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, t.close())
		}
	}()
	m, err := methods.Find(c.Method)
	if err != nil {
		return nil, err
	}
	t.graph = method.Graph{
		Method: m, Recipe: c.At(run.Side).Of(images.Len()), Batch: c.Train.Microbatch(),
	}
	t.graph.Processes = run.Processes()
	if err := run.Replicate(t.graph.Replicas(run.Choice)); err != nil {
		return nil, err
	}
	if t.step, err = t.graph.Compile(run.Replicas, run.Params, run.Choice.ComputeType); err != nil {
		return nil, trainer.FitsMemory(err, t.graph.Batch)
	}
	t.step.Accumulate(c.Train.Accumulate)
	nn.UpdateEMA(run.Params, 0)
	t.optimizer = optim.New(c.Optim, run.Choice.Engine, t.step.Params())
	t.optimizer.TrackEMA(nn.EMAs(run.Params))
	if c.Crop.Enabled {
		truth, err := t.truth(images)
		if err != nil {
			return nil, err
		}
		t.boxes = contrastivecrop.NewBoxes(images.Len(), run.Side, c.Crop.Source, truth)
	}
	loading := method.Loading(m, t.graph.Recipe)
	loading.Shard = run.Shard(false)
	if t.loader, err = loader.New(images, loading); err != nil {
		return nil, err
	}
	return t, nil
}

// Components are the step's.
func (t *task) Components() trainer.Components {
	return trainer.Components{
		Loader: t.loader, Optimizer: t.optimizer, Params: t.step.Params(), Grads: t.step.Grads(),
	}
}

// Start gives a new run its initial weights, and the method's states their first values.
func (t *task) Start(context.Context) error {
	if t.initFrom != "" {
		file, err := weights.Open(t.initFrom)
		if err == nil {
			err = t.run.Load(file, t.graph.Recipe.Model.PatchSize)
		}
		if err != nil {
			return err
		}
		nn.UpdateEMA(t.run.Params, 0)
	}
	t.step.Start()
	return nil
}

// Announce prints what was derived from the settings.
func (t *task) Announce() {
	c, m := t.graph.Recipe, t.graph.Method
	e := c.Model
	if a := c.Augment; c.Data.Channels != 3 && (a.Saturation > 0 || a.Hue > 0 || a.GrayProb > 0) {
		t.run.Console.Log(
			"images of %s: augment.saturation, hue and gray_prob, which are of colours, have no "+
				"effect", report.Count(c.Data.Channels, "channel"),
		)
	}
	for _, w := range t.methods.Warnings(c) {
		t.run.Console.Warn("%s", w)
	}
	network := fmt.Sprintf(
		"%s, stem %s, %d channels wide, %d features", e.Size, e.Stem, e.Width, e.Features(),
	)
	if !e.IsResNet() {
		network = fmt.Sprintf(
			"encoder %d wide, %d deep, %d heads; %d patches of %d px", e.Dim, e.Depth, e.Heads,
			c.Patches(), e.PatchSize,
		)
	}
	if method.Loading(m, c).Patches > 0 { // which are masked
		network += fmt.Sprintf(", %d visible", c.Visible())
	}
	t.run.Console.Log(
		"%s; %s; %d trained parameters; %.1f MB of activations in %s", m.Title(c.Pretrain), network,
		t.run.Params.Count(""), float64(t.step.Memory())/1e6, t.run.Replicas,
	)
	t.run.Console.Log(
		"%s of %s, batch %d, peak learning rate %.3g", report.Count(c.Train.Epochs, "epoch"),
		report.Count(t.run.Steps(), "step"), c.Train.BatchSize, c.Optim.Rate(c.Train.BatchSize),
	)
}

// BeginEpoch finds the boxes anew where the schedule says so, and returns them where
// ContrastiveCrop is active (spec 4).
func (t *task) BeginEpoch(ctx context.Context) (func(image int) contrastivecrop.Box, error) {
	if err := t.refreshBoxes(ctx); err != nil {
		return nil, err
	}
	return t.cropBoxes(), nil
}

// ForwardBackward runs the step's graph on a microbatch. The order of a step is spec 1's,
// except that the optimizer of the step before has made the momentum update with which the step
// begins, in its pass over the parameters: the numbers are the same. The first step needs none,
// since the copies equal their parameters.
func (t *task) ForwardBackward(b *loader.Batch, first int) error {
	if t.ahead != b || first != 0 {
		t.step.Set(b, first)
	}
	t.ahead, t.images = nil, b.Whole
	t.run.Lap("inputs")
	err := t.step.Run()
	t.run.Lap("") // the graph times itself
	return err
}

// TakeAhead uploads the next batch.
func (t *task) TakeAhead(b *loader.Batch) {
	t.step.Set(b, 0)
	t.ahead = b
}

// Fed is nothing: a batch is computed as it came.
func (t *task) Fed() map[string][]float32 { return nil }

// Losses are the step's, by term.
func (t *task) Losses() trainer.Losses {
	total, terms := t.step.Losses()
	return trainer.Losses{Total: total, Terms: terms}
}

// EMA is the method's.
func (t *task) EMA(step int) (momentum float64, tracked bool) {
	return t.step.Momentum(step, t.config.Train.Epochs*t.run.Steps())
}

// EndStep leaves the rest of a step to the method.
func (t *task) EndStep() { t.step.After(t.run.At.Step, t.images) }

// EndEpoch measures kNN when that is due, and warns once where nothing is learned. The best loss is
// the lowest of the epochs that are saved, the best accuracy the highest of those measured.
func (t *task) EndEpoch(
	ctx context.Context, loss float64, saved bool,
) (e trainer.Evaluation, err error) {
	t.warnUnlearned()
	c := t.config.Train
	score, scored := loss, saved && c.Best == recipe.BestLoss
	if c.KNNEvery > 0 && (t.run.At.Epoch+1)%c.KNNEvery == 0 {
		accuracy, err := t.onlineKNN(ctx)
		if err != nil {
			return e, err
		}
		t.accuracy, e.Note = &accuracy, fmt.Sprintf("kNN %.4f", accuracy)
		e.Values = map[string]float64{rundir.KNNAccuracy: accuracy}
		if c.Best == recipe.BestKNN {
			score, scored = -accuracy, true
		}
	}
	e.Scored = scored
	if e.Best = scored && score < t.best; e.Best {
		t.best, t.bestEpoch = score, t.run.At.Epoch+1
	}
	return e, nil
}

// Save adds the method's states, the boxes with the epoch of their last refresh, and the best
// score.
func (t *task) Save(c *checkpoint.Checkpoint) {
	c.Metrics[checkpoint.RefreshedMetric] = float64(t.refreshed)
	if !math.IsInf(t.best, 0) {
		c.Metrics[checkpoint.BestMetric] = t.best
		c.Metrics[checkpoint.BestEpochMetric] = float64(t.bestEpoch)
	}
	states := t.step.States()
	for _, name := range slices.Sorted(maps.Keys(states)) {
		state := trainer.Download(t.run.Choice.Engine, name, states[name])
		c.Tensors[checkpoint.StateGroup] = append(c.Tensors[checkpoint.StateGroup], state)
	}
	if t.boxes != nil {
		rundir.SaveBoxes(c, t.boxes)
	}
}

// Restore takes back what Save added.
func (t *task) Restore(c *checkpoint.Checkpoint) error {
	t.refreshed = int(c.Metrics[checkpoint.RefreshedMetric])
	t.best, t.accuracy = math.Inf(1), nil
	if best, ok := c.Metrics[checkpoint.BestMetric]; ok {
		t.best, t.bestEpoch = best, int(c.Metrics[checkpoint.BestEpochMetric])
	}
	if t.boxes != nil {
		if _, err := rundir.RestoreBoxes(c, t.boxes); err != nil {
			return err
		}
	}
	arrays := slices.DeleteFunc(
		slices.Clone(c.Tensors[checkpoint.StateGroup]),
		func(s checkpoint.Tensor) bool { return s.Name == rundir.BoxesTensor },
	)
	return trainer.Fill(t.run.Choice.Engine, arrays, t.step.States())
}

// close gives everything back, whatever had been made.
func (t *task) close() error {
	var err error
	if t.step != nil {
		err = t.step.Close()
	}
	return errors.Join(err, t.run.Close())
}
