package op

import (
	"fmt"
	"slices"

	G "gorgonia.org/gorgonia"
)

// BuildError says that an operation was given operands it cannot take.
type BuildError struct {
	Op     string  // kind and place, such as "linear blocks.0.attn.qkv"
	Shapes [][]int // of the operands
	Reason string
}

func (e *BuildError) Error() string {
	return fmt.Sprintf("op: %s on %v: %s", e.Op, e.Shapes, e.Reason)
}

// Build runs f, which constructs a graph, and returns the BuildError that a constructor panicked
// with. Other panics pass.
func Build(f func()) (err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case *BuildError:
			err = r
		default:
			panic(r)
		}
	}()
	f()
	return nil
}

// require panics with a BuildError unless ok.
func require(ok bool, kind string, in []*G.Node, format string, args ...any) {
	if ok {
		return
	}
	e := &BuildError{Op: kind + " " + labelOf(in), Reason: fmt.Sprintf(format, args...)}
	for _, n := range in {
		e.Shapes = append(e.Shapes, slices.Clone([]int(n.Shape())))
	}
	panic(e)
}

// requireShape demands an exact shape of one operand; -1 leaves a dimension free.
func requireShape(n *G.Node, kind, operand string, in []*G.Node, want ...int) {
	got := n.Shape()
	ok := len(got) == len(want)
	for i := 0; ok && i < len(want); i++ {
		ok = want[i] < 0 || got[i] == want[i]
	}
	require(ok, kind, in, "%s has shape %v, want %v", operand, []int(got), want)
}
