package xla

import (
	"os"
	"slices"

	"cmae/internal/kernel"
	"cmae/internal/kernel/pjrt"
)

// Backend opens the engine where a plugin is found. Auto takes it only where the plugin sees a GPU;
// who asks for it by its name gets the CPU's plugin where there is no other.
func Backend() kernel.Backend {
	return kernel.Backend{
		Name:      Name,
		Variables: []string{pjrt.LibraryVariable, pjrt.MemoryVariable, TargetVariable},
		Open: func(o kernel.Options) (*kernel.Opened, error) {
			e, err := open(pjrt.Find(), o.Auto)
			if err != nil {
				return nil, err
			}
			return e.opened(), nil
		},
	}
}

// open tries the plugins in turn.
func open(plugins []pjrt.Found, auto bool) (*Engine, error) {
	var first error
	for _, f := range plugins {
		if !wanted(f, auto) {
			continue
		}
		e, err := Open(f)
		switch {
		case err != nil && first == nil:
			first = err
		case err != nil:
		case auto && e.gpu == "":
			if err := e.Close(); err != nil {
				return nil, err
			}
		default:
			return e, nil
		}
	}
	switch {
	case first != nil:
		return nil, first
	case auto && !anyGPU():
		return nil, kernel.ErrNoDevice
	}
	return nil, pjrt.ErrNotFound
}

// wanted tells whether a plugin is worth opening: where its device cannot be there it takes long to
// say so.
func wanted(f pjrt.Found, auto bool) bool {
	switch {
	case os.Getenv(TargetVariable) != "":
		return !auto
	case f.Kind.Name == "": // the user named it
		return !auto || anyGPU()
	}
	return f.Kind.GPU() || !auto && f.Kind.Present()
}

func anyGPU() bool { return slices.ContainsFunc(pjrt.Kinds(), pjrt.Kind.GPU) }

// opened says what training should know of e.
func (e *Engine) opened() *kernel.Opened {
	o := &kernel.Opened{Core: e, Library: e.library, Compute: kernel.F32, Replicas: 1}
	if e.gpu == "" {
		o.SlowBF16 = "xla: CPUs compute it slower than f32"
		return o
	}
	o.Compute, o.Why = kernel.BF16, "bf16 products are fast on "+e.gpu
	return o
}
