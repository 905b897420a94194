package trainer

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"cmae/internal/comm"
	"cmae/internal/dataset/loader"
	"cmae/internal/fault"
	"cmae/internal/graph/nn"
	"cmae/internal/kernel"
	"cmae/internal/kernel/backend"
	"cmae/internal/recipe"
	"cmae/internal/rundir"
	"cmae/internal/rundir/checkpoint"
)

// The arrays of a batch in a bundle, [B,...]; a task may have others (Task.Fed).
const (
	batchQuery        = "query"
	batchKey          = "key"
	batchNoiseQuery   = "noise_query"
	batchNoiseKey     = "noise_key"
	batchKeepPosition = "keep_position"
	batchIndices      = "indices"
)

// floats are the places of a batch's arrays of numbers.
func floats(b *loader.Batch) map[string]*[]float32 {
	return map[string]*[]float32{
		batchQuery: &b.Query, batchKey: &b.Key, batchNoiseQuery: &b.NoiseQuery,
		batchNoiseKey: &b.NoiseKey, batchKeepPosition: &b.KeepPosition,
	}
}

// keepRunning notes the running statistics before a step, whose forward pass moves them.
func (r *Run) keepRunning() {
	for i, p := range r.runningParams() {
		if i == len(r.running) {
			r.running = append(r.running, r.Choice.New(p.Value.Type, p.Value.Shape...))
		}
		r.Choice.Copy(r.running[i], p.Value)
	}
}

// runningParams are the running statistics of BatchNorm.
func (r *Run) runningParams() (list []*nn.Param) {
	if r.Params == nil {
		return nil
	}
	for _, p := range r.Params.All() {
		if p.Role == nn.Running {
			list = append(list, p)
		}
	}
	return list
}

// batchTensors are the arrays of a batch as it was fed, of all processes, row by row.
func (r *Run) batchTensors(task Task, b *loader.Batch) []checkpoint.Tensor {
	rows, all := len(b.Indices), r.settings.Train.BatchSize
	group := []checkpoint.Tensor{{
		Name: batchIndices, DType: "I32", Shape: []int{all},
		Data: r.whole(kernel.Bytes(b.Indices), rows),
	}}
	fed := map[string][]float32{}
	for name, values := range floats(b) {
		fed[name] = *values
	}
	maps.Copy(fed, task.Fed())
	for _, name := range slices.Sorted(maps.Keys(fed)) {
		values := fed[name]
		if len(values) == 0 {
			continue
		}
		shape := []int{all, len(values) / rows}
		if name == batchQuery || name == batchKey {
			shape = []int{all, r.settings.Common.Encoder().In(), r.Side, r.Side}
		}
		group = append(group, checkpoint.Tensor{
			Name: name, DType: "F32", Shape: shape, Data: r.whole(kernel.Bytes(values), rows),
		})
	}
	return group
}

// indices are the images of a batch, which batchTensors has made.
func indices(batch []checkpoint.Tensor) []int32 {
	for _, t := range batch {
		if t.Name == batchIndices {
			images := make([]int32, len(t.Data)/4)
			copy(kernel.Bytes(images), t.Data)
			return images
		}
	}
	return nil
}

// whole is an array of the batch, of which this process has so many rows.
func (r *Run) whole(part []byte, rows int) []byte {
	if !comm.Several(r.processes) {
		return part
	}
	batch := r.settings.Train.BatchSize
	own, row := batch/r.Processes(), len(part)/rows
	gathered := comm.Gather(r.processes, part[:own*row]) // without rows that mirror others
	all, s := make([]byte, batch*row), r.Shard(false)
	for s.Rank = range r.Processes() {
		for i := range own {
			from := (s.Rank*own + i) * row
			copy(all[s.Position(batch, i)*row:], gathered[from:from+row])
		}
	}
	return all
}

// saveBundle writes all that repeats the step that diverged. The weights are those before it.
func (r *Run) saveBundle(
	task Task, d *Diverged, losses map[string]string, row rundir.Row, batch []checkpoint.Tensor,
) (path string, err error) {
	for i, p := range r.runningParams() {
		r.Choice.Copy(p.Value, r.running[i])
	}
	c, err := r.checkpoint(task)
	if err != nil {
		return "", err
	}
	c.Tensors[checkpoint.BatchGroup] = batch
	c.Divergence = &checkpoint.Divergence{
		Command: r.settings.Command, Step: d.Step, Term: d.Term, Losses: losses,
		GradNorm: fmt.Sprint(row.Values[rundir.GradNorm]), LR: row.Values[rundir.LearningRate],
		Engine: r.Choice.Name(), Precision: r.Choice.ComputeType.String(),
		Replicas: 1, Processes: r.Processes(),
	}
	if r.Replicas != nil {
		c.Divergence.Replicas = r.Replicas.Len()
	}
	return r.recorder.bundle(c)
}

// Bundle is what a run has kept of a step that diverged: the state before it and its batch.
type Bundle struct {
	*checkpoint.Checkpoint
	batch map[string]checkpoint.Tensor
}

// OpenBundle reads a bundle and checks every byte of it.
func OpenBundle(path string) (*Bundle, error) {
	if inside, found := checkpoint.Bundle(path); found { // of a run
		path = inside
	}
	if _, err := os.Stat(filepath.Join(path, checkpoint.ManifestFile)); err != nil {
		return nil, fmt.Errorf(
			"replay: %w: %q is no bundle of a step that diverged, and no run that has one; name a "+
				"folder RUN/%s/step-N", fault.Missing, path, checkpoint.Diverged,
		)
	}
	m, err := checkpoint.ReadManifest(path)
	if err != nil {
		return nil, err
	}
	if m.Divergence == nil {
		return nil, fmt.Errorf(
			"replay: %w: %q is a checkpoint and holds no batch; name a folder RUN/%s/step-N",
			fault.Usage, path, checkpoint.Diverged,
		)
	}
	c, err := checkpoint.Load(path)
	if err != nil {
		return nil, err
	}
	b := &Bundle{c, map[string]checkpoint.Tensor{}}
	for _, t := range c.Tensors[checkpoint.BatchGroup] {
		b.batch[t.Name] = t
	}
	return b, nil
}

// AsComputed has settings name the precision that the run computed with, where they left it open.
func (b *Bundle) AsComputed(c *recipe.Common) {
	if c.Precision == backend.Auto {
		c.Precision = b.Divergence.Precision
	}
}

// Array is an array of the batch, which must have so many values.
func (b *Bundle) Array(name string, length int) ([]float32, error) {
	t, there := b.batch[name]
	if !there {
		return nil, fmt.Errorf("replay: %w: the bundle's batch lacks %s", fault.Mismatch, name)
	}
	values, err := t.Float32s()
	if err == nil && len(values) != length {
		err = fmt.Errorf("%d values, %d are needed", len(values), length)
	}
	if err != nil {
		return nil, fmt.Errorf(
			"replay: %w: %s of the bundle's batch: %w", fault.Mismatch, name, err,
		)
	}
	return values, nil
}

// Batch is the batch, which a loader of these options has made.
func (b *Bundle) Batch(o loader.Options) (*loader.Batch, error) {
	made := loader.Blank(o)
	made.Epoch, made.Step, made.Count = b.Epoch, b.Position, o.Batch
	places := floats(made)
	for _, name := range slices.Sorted(maps.Keys(places)) {
		place := places[name]
		if *place == nil {
			continue
		}
		values, err := b.Array(name, len(*place))
		if err != nil {
			return nil, err
		}
		*place = values
	}
	images := b.batch[batchIndices]
	if len(images.Data) != 4*len(made.Indices) {
		return nil, fmt.Errorf(
			"replay: %w: the bundle's batch does not say which %d images it has", fault.Mismatch,
			o.Batch,
		)
	}
	copy(kernel.Bytes(made.Indices), images.Data)
	return made, nil
}
