package exec

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"cmae/internal/graph/op"
	"cmae/internal/kernel"
	"cmae/internal/kernel/bfloat16"
)

// Feed writes an input: values of the first images of the batch, all of them or fewer; the others
// keep theirs. Of a State it writes the whole. Of several processes each feeds, and reads, the
// images of its own replicas.
func Feed[V float32 | float64 | int32](f *Func, name string, values []V) {
	if t, ok := f.state[name]; ok {
		kernel.Write(f.owner, t, values)
		return
	}
	t, ok := f.shards[0].inputs[name]
	if !ok {
		panic("exec: no input " + name)
	}
	row := t.Len() / t.Shape[0]
	rows := len(values) / row
	if rows*row != len(values) || rows > f.Images() {
		panic(fmt.Sprintf(
			"exec: %d values for input %s of %d images with %d each", len(values), name, f.Images(),
			row,
		))
	}
	// uploads cannot fail
	_ = f.replicas.Do(func(rank int, _ kernel.Engine) error {
		from, to := min(rows, rank*t.Shape[0]), min(rows, (rank+1)*t.Shape[0])
		if from == to {
			return nil
		}
		part := f.shards[rank].inputs[name]
		if to-from < t.Shape[0] {
			part = part.Part(0, to-from)
		}
		write(f.shards[rank], part, values[from*row:to*row])
		return nil
	})
}

// write uploads values into a shard's input, rounded where that is BF16.
func write[V float32 | float64 | int32](s *shard, t kernel.Tensor, values []V) {
	if t.Type != kernel.BF16 {
		kernel.Write(s.engine, t, values)
		return
	}
	s.rounded = slices.Grow(s.rounded[:0], len(values))[:len(values)]
	bfloat16.Round(s.rounded, values)
	s.engine.Upload(t, kernel.Bytes(s.rounded))
}

// Read downloads an output after a run: of all images of the batch that this process has, or one
// number, the mean over the batch, for which all processes ask.
func Read[V float32 | float64](f *Func, name string) []V {
	first := f.shards[0]
	if len(first.output(name).Shape()) == 0 {
		return []V{V(f.replicas.Mean(f.mean(name)))}
	}
	if len(f.shards) == 1 {
		return kernel.Read[V](first.engine, first.value(name))
	}
	var all []V
	for _, s := range f.shards {
		all = append(all, kernel.Read[V](s.engine, s.value(name))...)
	}
	// the shards may have a few images more than the batch
	if computed := len(f.shards) * first.Shard(first.batch); computed > f.Images() {
		return all[:len(all)*f.Images()/computed]
	}
	return all
}

// Images is how many images of the batch the replicas of this process have.
func (f *Func) Images() int {
	b := f.shards[0].Builder
	return min(b.batch, len(f.shards)*b.Shard(b.batch))
}

// mean is the mean of a scalar output over the replicas of this process.
func (f *Func) mean(name string) float64 {
	sum := 0.0
	for _, s := range f.shards {
		value := kernel.Read[float64](s.engine, s.value(name))[0]
		sum += value / float64(len(f.shards))
	}
	return sum
}

// Has tells whether the graph has an input, state or output of this name.
func (f *Func) Has(name string) bool { return f.shards[0].has(name) }

// States is the memory of all states by name.
func (f *Func) States() map[string]kernel.Tensor { return maps.Clone(f.state) }

// Stages downloads the stages of the last run by name, of a graph that keeps them.
func (f *Func) Stages() map[string][]float64 {
	all := map[string][]float64{}
	for name := range f.shards[0].outputs {
		if short, ok := strings.CutPrefix(name, stage); ok {
			all[short] = Read[float64](f, name)
		}
	}
	return all
}

// Node is an output in the first replica's graph.
func (f *Func) Node(name string) *op.Node { return f.shards[0].output(name) }

// Value is the memory of a state, and of an input or output in the first replica.
func (f *Func) Value(name string) kernel.Tensor {
	if t, ok := f.state[name]; ok {
		return t
	}
	if t, ok := f.shards[0].inputs[name]; ok {
		return t
	}
	return f.shards[0].value(name)
}

func (s *shard) value(name string) kernel.Tensor { return s.machine.Value(s.output(name)) }

func (b *Builder) output(name string) *op.Node {
	n, ok := b.outputs[name]
	if !ok {
		panic("exec: no output " + name)
	}
	return n
}
