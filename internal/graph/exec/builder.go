package exec

import (
	"fmt"
	"maps"
	"slices"

	G "gorgonia.org/gorgonia"

	"cmae/internal/comm"
	"cmae/internal/graph/nn"
	"cmae/internal/graph/op"
	"cmae/internal/kernel"
)

// Loss is the name of the output that Builder.Loss makes.
const Loss = "loss"

// What nodes of inputs and states are called in the graph, before their own names.
const (
	InputPrefix = "input."
	StatePrefix = "state."
)

// Builder is one replica's graph under construction. Its Scope is the root, where layers make their
// parameters. Shapes given to a Builder are those of the whole batch; nodes have those of a shard.
type Builder struct {
	*nn.Scope
	KeepStages bool // or Stage does nothing
	engine     kernel.Engine
	batch      int                      // B, 0 before the first input
	inputs     map[string]kernel.Tensor // a shard's
	state      map[string]kernel.Tensor // of all replicas
	outputs    map[string]*op.Node
	gradients  []*op.Node
	params     []*nn.Param
}

func newBuilder(
	p *nn.Params, compute kernel.DType, e kernel.Engine, c comm.Comm,
	state map[string]kernel.Tensor,
) *Builder {
	return &Builder{
		Scope:  nn.NewScope(G.NewGraph(), p, compute).Among(c),
		engine: e, state: state,
		inputs: map[string]kernel.Tensor{}, outputs: map[string]*op.Node{},
	}
}

// run has build make the graph. In a replica it refuses operations that mix images and know those
// of the shard only: they would compute something else than the whole batch does.
func (b *Builder) run(build func(b *Builder)) error {
	if err := op.Build(func() { build(b) }); err != nil || !comm.Divided(b.Comm()) {
		return err
	}
	for _, n := range b.Graph().AllNodes() {
		if o, ok := n.Op().(*op.Op); ok && o.Mixes() {
			return &op.BuildError{
				Op: o.String(), Shapes: [][]int{n.Shape()}, Reason: fmt.Sprintf(
					"it mixes the images of a batch, and each of %d replicas has a shard of them",
					b.Comm().Size(),
				),
			}
		}
	}
	return nil
}

// Shard is how many images of batch a replica computes. Where the replicas don't divide the batch,
// the last ones have fewer to do, and compute as many.
func (b *Builder) Shard(batch int) int { return (batch + b.Comm().Size() - 1) / b.Comm().Size() }

// Input is data that is fed before a run: shape begins with the images of the whole batch, of which
// there are as many in every input.
func (b *Builder) Input(name string, t kernel.DType, shape ...int) *op.Node {
	if b.batch != 0 && b.batch != shape[0] {
		panic(
			fmt.Sprintf("exec: input %s of %d images beside others of %d", name, shape[0], b.batch),
		)
	}
	b.batch = shape[0]
	return b.InputOfEvery(1, name, t, shape[1:]...)
}

// Images is an input of images, [B,C,S,S] of the whole batch, that only encoders read: in the
// compute type, to which their first product would round it.
func (b *Builder) Images(name string, batch, channels, side int) *op.Node {
	return b.Input(name, b.ComputeType(), batch, channels, side, side)
}

// InputOfEvery is an input for every n-th image of the batch, whose number earlier inputs have said
// and of which each replica has a multiple of n. shape is an image's.
func (b *Builder) InputOfEvery(n int, name string, t kernel.DType, shape ...int) *op.Node {
	b.unused(name)
	b.inputs[name] = b.engine.New(t, append([]int{b.Shard(b.batch) / n}, shape...)...)
	return op.Input(b.Graph(), InputPrefix+name, b.inputs[name])
}

// Repeat is an input [batch,len(row)] that is row for every image, now and for ever.
func (b *Builder) Repeat(name string, row []int32) *op.Node {
	return b.RepeatForEvery(1, name, row)
}

// RepeatForEvery is an input [batch/n,len(row)], as InputOfEvery, that is row for every n-th
// image.
func (b *Builder) RepeatForEvery(n int, name string, row []int32) *op.Node {
	node := b.InputOfEvery(n, name, kernel.I32, len(row))
	if !nn.IsMeta(b.engine) {
		kernel.Write(b.engine, b.inputs[name], slices.Repeat(row, node.Shape()[0]))
	}
	return node
}

// State is data that stays from run to run until somebody writes it. Like parameters it belongs to
// no image: every replica reads the same memory.
func (b *Builder) State(name string, t kernel.DType, shape ...int) *op.Node {
	if _, made := b.state[name]; !made {
		b.unused(name)
		b.state[name] = b.Engine().New(t, shape...)
	}
	return op.Input(b.Graph(), StatePrefix+name, b.state[name])
}

// Output keeps the value of a node after a run: for each image of the shard, or a scalar that is
// the mean over them. What every replica has of the whole batch is for Value, not Read.
func (b *Builder) Output(name string, n *op.Node) {
	b.unused(name)
	b.outputs[name] = n
}

// Batch is the number of images of the whole batch, which the first input says.
func (b *Builder) Batch() int { return b.batch }

// stage stands before the name of a stage among the outputs.
const stage = "stage."

// Stage is Output for a node that only those look at who have asked for stages. Its memory is
// shared otherwise. A nil node is none.
func (b *Builder) Stage(name string, n *op.Node) {
	if b.KeepStages && n != nil {
		b.Output(stage+name, n)
	}
}

// Loss differentiates a loss, the mean over the shard, by all trained parameters. The output Loss
// is the mean over the whole batch, and so are the gradients.
func (b *Builder) Loss(loss *op.Node) {
	b.Output(Loss, loss)
	if size := b.Comm().Size(); size > 1 {
		if b.batch%size != 0 {
			panic(&op.BuildError{Op: Loss, Reason: fmt.Sprintf(
				"%d images do not divide among %d replicas", b.batch, size,
			)})
		}
		loss = op.Scale(loss, 1/float64(size))
	}
	b.gradients, b.params = b.Differentiate(loss)
}

func (b *Builder) unused(name string) {
	if b.has(name) {
		panic("exec: " + name + " is there already")
	}
}

func (b *Builder) has(name string) bool {
	_, input := b.inputs[name]
	_, state := b.state[name]
	_, output := b.outputs[name]
	return input || state || output
}

// results are the nodes whose values survive a run.
func (b *Builder) results() G.Nodes {
	return append(slices.Collect(maps.Values(b.outputs)), b.gradients...)
}
