package onednn

import (
	"fmt"
	"strconv"

	"cmae/internal/dl"
	"cmae/internal/kernel"
	"cmae/internal/kernel/portable"
	"cmae/internal/machine"
)

// Engine computes with oneDNN what oneDNN does better than Go, and the rest as the embedded
// portable engine does. F64 is portable's.
//
// All methods are called from one OS thread, because OpenMP keeps a team of workers per calling
// thread: lock the goroutine (runtime.LockOSThread) before Open.
type Engine struct {
	*portable.Engine
	*primitives

	threads  int
	version  string
	lacks16  error // nil where oneDNN has what the engine needs in bf16
	native16 bool  // bf16 matmuls run in bf16
	scratch  scratch
}

var _ kernel.Engine = (*Engine)(nil)

// Open finds the library, starts it and checks that it has what the engine needs; threads of 0 are
// all cores that this process may use. The error carries the remedy.
func Open(threads int) (*Engine, error) {
	if threads <= 0 {
		threads = machine.Cores()
	}
	configureOpenMP(threads)
	l, path, err := findLibrary()
	if err != nil {
		return nil, err
	}
	p, err := newPrimitives(l)
	if err != nil {
		return nil, broken(path, err)
	}
	e := &Engine{
		Engine: portable.New(threads), primitives: p, threads: threads, version: l.versionString(),
	}
	e.setThreads()
	if err := e.probe(kernel.F32); err != nil {
		e.Close()
		return nil, broken(path, fmt.Errorf("version %s: %w", e.version, err))
	}
	e.native16 = true
	e.lacks16 = e.probe(kernel.BF16)
	e.native16 = e.lacks16 == nil && machine.FastBF16()
	return e, nil
}

// Name is the engine's.
func (e *Engine) Name() string { return Name }

// BF16 is nil where matmuls run in bf16, else why they don't. Tensors in bf16 then work, but only
// save memory, not time.
func (e *Engine) BF16() error {
	switch {
	case e.lacks16 != nil:
		return fmt.Errorf(
			"onednn: version %s: %w on this CPU (%s)", e.version, e.lacks16, machine.CPU(),
		)
	case !e.native16:
		return fmt.Errorf(
			"onednn: bf16 is slower than f32 on this CPU, which has no AMX (%s)", machine.CPU(),
		)
	}
	return nil
}

// Close frees what the engine made. The library itself stays open.
func (e *Engine) Close() error {
	e.freeScratch()
	e.primitives.close()
	return e.Engine.Close()
}

func (e *Engine) setThreads() {
	if e.l.setThreads != nil {
		e.l.setThreads(int32(e.threads))
	}
}

// configureOpenMP acts before the library is opened, which reads the environment once; what the
// user has set stays.
//
// Between two parallel regions an idle worker first spins, then sleeps. GNU's default is to spin
// for good, and holds the cores that Go's own passes need: on a shared machine a short chain of
// primitives took 10 ms instead of 0.8. Without spinning every primitive waits some 60 us for its
// worker to wake. 1000 turns, some 30 us, bridge two primitives in a row: the chain's best time
// falls from 0.61 ms to 0.38, and passes in Go don't slow down.
func configureOpenMP(threads int) {
	// Where setenv fails the library runs with its defaults: slower, not wrong.
	_ = dl.Setenv("GOMP_SPINCOUNT", "1000", false)
	// the same for LLVM's and Intel's OpenMP, in milliseconds
	_ = dl.Setenv("KMP_BLOCKTIME", "0", false)
	_ = dl.Setenv("OMP_NUM_THREADS", strconv.Itoa(threads), true)
}
