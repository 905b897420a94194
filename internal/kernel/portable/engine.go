// Package portable is the engine in plain Go: it runs everywhere, and every other engine is
// measured against it.
//
// Reading order: engine.go (this file), backend.go, dispatch.go and dispatch_fused.go (from tensors
// to element types), memory.go and bfloat16.go (the heap; between types), parallel.go and
// scratch.go (threads and working memory), matrix.go, pack.go and tile.go (the matrix product),
// small.go (the product of attention's heads), im2col.go (convolutions as matrix products), exp.go
// and softmax.go (what attention and losses share), then one primitive a file, its gradient below
// it; BatchNorm is two, batchnorm.go for few rows and rownorm.go over rowloops.go for images.
// vector.go lists what has loops in assembly.
//
// A primitive is a method of arithmetic[T], which opens its tensors, and a function on plain slices
// of float32 or float64, which computes. BF16 operands are widened to float32 first and results
// rounded last. Package kernel has the letters.
//
// Work is cut by shape alone and sums run in a fixed order, so equal input gives equal bits for any
// number of threads.
package portable

import (
	"runtime"
	"sync"

	"cmae/internal/kernel"
)

// Engine computes with Go code on the host's memory. Its methods may be called from one goroutine
// at a time.
type Engine struct {
	memory
	stop   func()
	narrow *arithmetic[float32]
	wide   *arithmetic[float64]
}

var _ kernel.Engine = (*Engine)(nil)

// New makes an engine that uses up to threads goroutines at once; 0 stands for GOMAXPROCS.
func New(threads int) *Engine {
	if threads <= 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	w := newWorkers(threads)
	return &Engine{
		memory: newMemory(w),
		stop:   sync.OnceFunc(w.stop),
		narrow: newArithmetic(w, tile32),
		wide:   newArithmetic(w, tileOf[float64]()),
	}
}

// Name is the engine's.
func (e *Engine) Name() string { return Name }

// Close stops the goroutines and gives all memory of the engine back.
func (e *Engine) Close() error {
	e.stop()
	e.memory.release()
	return nil
}
