package xla

import (
	"errors"
	"fmt"

	"cmae/internal/kernel"
	"cmae/internal/kernel/pjrt"
)

// Backend opens the engine where a plugin is found. Auto takes it only where the plugin sees a GPU;
// who asks for it by its name gets the CPU's plugin where there is no other.
func Backend() kernel.Backend {
	return kernel.Backend{
		Name: Name, Variables: []string{pjrt.LibraryVariable},
		Open: func(o kernel.Options) (*kernel.Opened, error) {
			e, err := open(pjrt.Find(), o.Auto)
			if err != nil {
				return nil, err
			}
			return e.opened()
		},
	}
}

// open tries the plugins in turn.
func open(plugins []pjrt.Found, auto bool) (*Engine, error) {
	var first error
	for _, f := range plugins {
		if !f.Kind.Present() || auto && f.Kind.Name == "cpu" {
			continue
		}
		e, err := Open(f)
		switch {
		case err != nil && first == nil:
			first = err
		case err != nil:
		case auto && !e.client.GPU():
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
	case len(plugins) > 0 && auto:
		return nil, errors.New("xla: no GPU; install its driver, or take engine xla for the CPU")
	}
	return nil, pjrt.ErrNotFound
}

// opened says what training should know of e.
func (e *Engine) opened() (*kernel.Opened, error) {
	o := &kernel.Opened{Core: e, Library: e.Library(), Compute: kernel.F32, Replicas: 1}
	if !e.client.GPU() {
		o.SlowBF16 = "xla: CPUs compute it slower than f32"
		return o, nil
	}
	devices, err := e.client.Devices()
	if err != nil {
		return nil, errors.Join(e.found.Broken(err), e.Close())
	}
	o.Compute, o.Why = kernel.BF16, fmt.Sprintf("bf16 products are fast on %s", devices[0].Kind)
	return o, nil
}
