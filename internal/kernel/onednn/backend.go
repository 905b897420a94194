package onednn

import (
	"fmt"

	"cmae/internal/kernel"
	"cmae/internal/machine"
)

// Name is what the engine calls itself.
const Name = "onednn"

// Backend opens the engine where its library is found. It may have a replica for each thread.
func Backend() kernel.Backend {
	return kernel.Backend{
		Name: Name, Variables: []string{LibraryVariable},
		Open: func(o kernel.Options) (*kernel.Opened, error) {
			e, err := Open(o.Threads)
			if err != nil {
				return nil, err
			}
			return e.opened(), nil
		},
	}
}

// opened says what training should know of e.
func (e *Engine) opened() *kernel.Opened {
	o := &kernel.Opened{Core: e, Library: "oneDNN " + e.version, Replicas: e.threads}
	if err := e.BF16(); err != nil {
		o.Compute, o.Why, o.SlowBF16 = kernel.F32, err.Error(), err.Error()+"; it works, slowly"
		return o
	}
	o.Compute = kernel.BF16
	o.Why = fmt.Sprintf("bf16 matmuls are fast on this CPU (%s)", machine.CPU())
	return o
}
