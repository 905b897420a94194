package op

import (
	"fmt"
	"reflect"
	"unsafe"

	"github.com/chewxy/hm"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"cmae/internal/kernel"
)

// bfloat16 is Gorgonia's name for kernel.BF16.
var bfloat16 = func() tensor.Dtype {
	t := tensor.Dtype{Type: reflect.TypeFor[kernel.Bits16]()}
	tensor.RegisterNumber(t)
	return t
}()

// Node is a value of a graph, for those who build or read graphs without Gorgonia.
type Node = G.Node

// Input adds a named leaf that reads t's memory at every run: a parameter, or data that the trainer
// uploads. Names are unique in a graph.
func Input(g *G.ExprGraph, name string, t kernel.Tensor) *G.Node {
	value := dense(t)
	if len(t.Shape) == 0 {
		return G.NewScalar(g, dtypeOf(t.Type), G.WithName(name), G.WithValue(value))
	}
	return G.NewTensor(
		g, dtypeOf(t.Type), len(t.Shape), G.WithShape(t.Shape...), G.WithName(name),
		G.WithValue(value),
	)
}

// TypeOf is the element type of a node.
func TypeOf(n *G.Node) kernel.DType { return kernelType(n.Dtype()) }

// ValueOf is the engine memory behind the value of an input or constant.
func ValueOf(n *G.Node) kernel.Tensor { return tensorOf(n.Value()) }

func typeOf(t kernel.DType, rank int) hm.Type {
	if rank == 0 {
		return dtypeOf(t)
	}
	return G.TensorType{Dims: rank, Of: dtypeOf(t)}
}

func dtypeOf(t kernel.DType) tensor.Dtype {
	switch t {
	case kernel.F32:
		return tensor.Float32
	case kernel.F64:
		return tensor.Float64
	case kernel.BF16:
		return bfloat16
	case kernel.I32:
		return tensor.Int32
	}
	panic(fmt.Sprintf("op: no Gorgonia type for %v", t))
}

func kernelType(t tensor.Dtype) kernel.DType {
	switch t {
	case tensor.Float32:
		return kernel.F32
	case tensor.Float64:
		return kernel.F64
	case bfloat16:
		return kernel.BF16
	case tensor.Int32:
		return kernel.I32
	}
	panic(fmt.Sprintf("op: no kernel type for %v", t))
}

// dense wraps engine memory without copying.
func dense(t kernel.Tensor) *tensor.Dense {
	return tensor.New(
		tensor.Of(dtypeOf(t.Type)), tensor.WithShape(t.Shape...),
		tensor.FromMemory(uintptr(t.Data), uintptr(t.Bytes())),
	)
}

func tensorOf(v G.Value) kernel.Tensor {
	return kernel.Tensor{Data: pointer(v.Uintptr()), Type: kernelType(v.Dtype()), Shape: v.Shape()}
}

// pointer undoes Uintptr. The memory is an engine's, which keeps it where it is, or a constant's of
// Gorgonia, which the graph holds.
func pointer(address uintptr) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&address)) }
