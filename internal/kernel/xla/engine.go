// Package xla is an engine for GPUs. It records what it is asked to do as StableHLO and lets an
// OpenXLA PJRT plugin, found at run time, compile and run the whole record when somebody asks for a
// number: a training step is one program.
//
// Read engine.go, memory.go (addresses that stand for the device's memory, and what they hold),
// spans.go, calls.go and record.go (a record is the calls since the last number), flush.go (a
// record is looked up, compiled where it is new, and run), builder.go (how a record becomes a
// program: the calls write to and read from the same addresses), module.go and text.go (StableHLO),
// then the operations: products.go, attention.go, norms.go, batchnorm.go, elementwise.go, rows.go,
// tokens.go, restore.go, convolution.go, pool.go, losses.go, contrast.go, updates.go. Their
// definitions stand in package kernel, whose letters they share. device.go is where programs run,
// or would run; cache.go keeps compiled programs on disk; backend.go opens the engine.
package xla

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
	"unsafe"

	"cmae/internal/kernel"
	"cmae/internal/kernel/pjrt"
	"cmae/internal/system"
)

// Name is what the engine calls itself.
const Name = "xla"

type tensor = kernel.Tensor

// Engine records. All methods are called from one goroutine.
type Engine struct {
	device  device
	library string
	gpu     string // what kind of GPU it is, "" for none

	addresses
	memory spans[held] // what addresses hold on the device, before the record
	bytes  int64       // of all buffers in memory
	record record
	known  map[string][]*program // by record

	compiled kernel.Compiled
	tell     func(took time.Duration, over bool) // of OnCompile
}

var (
	_ kernel.Compiler = (*Engine)(nil)
	_ kernel.Engine   = (*Engine)(nil)
	_ kernel.Dropper  = (*Engine)(nil)
	_ kernel.Starter  = (*Engine)(nil)
)

// Open starts the plugin. Addresses are taken first, as the plugin ends the process where they are
// few.
func Open(f pjrt.Found) (*Engine, error) {
	e, err := newEngine()
	if err != nil {
		return nil, err
	}
	if err := e.start(f); err != nil {
		return nil, errors.Join(err, e.release())
	}
	return e, nil
}

func newEngine() (*Engine, error) {
	space, err := system.Reserve(room)
	if err != nil {
		return nil, fmt.Errorf(
			"xla: reserve %d GB of addresses, which take no memory: %w; lift the limit on those "+
				"of a process (ulimit -v unlimited), or set another engine", room>>30, err,
		)
	}
	return &Engine{
		addresses: addresses{space: unsafe.Pointer(unsafe.SliceData(space))},
		known:     map[string][]*program{},
	}, nil
}

func (e *Engine) release() error {
	return system.Unmap(unsafe.Slice((*byte)(e.space), room))
}

// start starts the device that the engine computes on.
func (e *Engine) start(f pjrt.Found) error {
	p, err := f.Load()
	if err != nil {
		return err
	}
	if path := os.Getenv(TargetVariable); path != "" {
		e.library, e.gpu = "XLA for "+filepath.Base(path)+", which is not there", path
		e.device, err = newAbsent(f, p, path)
		return err
	}
	client, err := p.Start()
	if err != nil {
		return f.Broken(err)
	}
	e.library = fmt.Sprintf("XLA on %s (PJRT %d.%d)", client.Platform, p.Major, p.Minor)
	flags := f.Flags()
	if client.GPU() {
		// no algorithm whose result depends on the order in which threads finish
		flags["xla_gpu_deterministic_ops"] = "true"
		devices, err := client.Devices()
		if err != nil {
			return f.Broken(err)
		}
		e.gpu = devices[0].Kind
	}
	e.device = &present{client, flags, newCache(client, flags)}
	return nil
}

// Name is the engine's.
func (e *Engine) Name() string { return Name }

// Compiled counts what the engine has done so far.
func (e *Engine) Compiled() kernel.Compiled { return e.compiled }

// OnCompile says whom compiling is told.
func (e *Engine) OnCompile(tell func(took time.Duration, over bool)) { e.tell = tell }

// telling tells that a program is compiled, until the function that it returns is called.
func (e *Engine) telling() (end func()) {
	if e.tell == nil {
		return func() {}
	}
	start, over := time.Now(), make(chan struct{})
	var teller sync.WaitGroup
	teller.Go(func() {
		second := time.NewTicker(time.Second)
		defer second.Stop()
		for {
			select {
			case <-second.C:
				e.tell(time.Since(start), false)
			case <-over:
				return
			}
		}
	})
	return func() {
		close(over)
		teller.Wait()
		e.tell(time.Since(start), true)
	}
}

// onDevice is deferred with the time at which a call of the device begins.
func (e *Engine) onDevice(start time.Time) { e.compiled.Device += time.Since(start) }

// Close frees the device's memory and the programs.
func (e *Engine) Close() error {
	for _, s := range e.memory {
		e.free(s.value)
	}
	for _, b := range e.record.uploads {
		check(b.Free())
	}
	for _, programs := range e.known {
		for _, p := range programs {
			if p.compiled != nil {
				check(p.compiled.Free())
			}
		}
	}
	return errors.Join(e.device.Close(), e.release())
}

// fail panics with what the plugin says.
func fail(err error) {
	if pjrt.OutOfMemory(err) {
		err = fmt.Errorf(
			"%s; raise train.accumulate, which a resume may, or lower train.batch_size",
			strings.TrimSuffix(err.Error(), "."),
		)
	}
	panic(&kernel.Error{Engine: Name, Err: err})
}

func check(err error) {
	if err != nil {
		fail(err)
	}
}
