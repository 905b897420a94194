package loader

import (
	"errors"
	"fmt"
	"runtime"
)

// Config holds the settings of section `loader`. None changes what is computed.
type Config struct {
	Workers  int `yaml:"workers" doc:"goroutines that make batches; 0 = one a core"`
	Prefetch int `yaml:"prefetch" doc:"batches made ahead of the step"`
}

// Default uses all cores and keeps two batches ahead.
func Default() Config { return Config{Workers: 0, Prefetch: 2} }

// Validate reports every setting that makes no sense.
func (c Config) Validate() error {
	var errs []error
	if c.Workers < 0 || c.Workers > 1024 {
		errs = append(
			errs, fmt.Errorf("loader.workers: %d must be 0 (one a core) to 1024", c.Workers),
		)
	}
	if c.Prefetch < 1 || c.Prefetch > 256 {
		errs = append(errs, fmt.Errorf("loader.prefetch: %d must be 1 to 256", c.Prefetch))
	}
	return errors.Join(errs...)
}

// NumWorkers is the number of goroutines in effect.
func (c Config) NumWorkers() int {
	if c.Workers == 0 {
		return runtime.GOMAXPROCS(0)
	}
	return c.Workers
}
