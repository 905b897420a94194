package loader

import "cmae/internal/machine"

// Config holds the settings of section `loader`. None changes what is computed.
type Config struct {
	Workers  int `yaml:"workers" min:"0" max:"1024" doc:"goroutines that make batches; 0 = one a core"`
	Prefetch int `yaml:"prefetch" min:"1" max:"256" doc:"batches made ahead of the step"`
}

// Default uses all cores and keeps two batches ahead.
func Default() Config { return Config{Workers: 0, Prefetch: 2} }

// NumWorkers is the number of goroutines in effect.
func (c Config) NumWorkers() int {
	if c.Workers == 0 {
		return machine.Cores()
	}
	return c.Workers
}
