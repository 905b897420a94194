package backend

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"

	"cmae/internal/config"
	"cmae/internal/kernel"
	"cmae/internal/kernel/compose"
	"cmae/internal/kernel/onednn"
	"cmae/internal/kernel/portable"
	"cmae/internal/kernel/xla"
	"cmae/internal/machine"
)

// Table is a list of engines. Auto prefers those further down, and the first needs nothing.
type Table []kernel.Backend

// Engines lists this program's engines. Another one is a folder and a line here.
func Engines() Table {
	return Table{
		portable.Backend(),
		onednn.Backend(),
		xla.Backend(),
	}
}

// Names are the names in Engines.
func Names() []string { return Engines().Names() }

// Open opens an engine of Engines.
func Open(name, precision string, threads int) (*Choice, error) {
	return Engines().Open(name, precision, threads)
}

// Auto leaves the choice of engine or precision to the program.
const Auto = "auto"

// Names are what a configuration may call an engine: auto, or an engine of the table.
func (t Table) Names() []string {
	names := []string{Auto}
	for _, b := range t {
		names = append(names, b.Name)
	}
	return names
}

// Precisions are what a configuration may say of what flows inside blocks.
func Precisions() []string { return []string{Auto, "f32", "bf16"} }

// Variables are the environment variables that the engines of this program read.
func Variables() (names []string) {
	for _, b := range Engines() {
		names = append(names, b.Variables...)
	}
	return names
}

// Check reports a name or precision that does not exist.
func (t Table) Check(name, precision string) error {
	if !slices.Contains(t.Names(), name) {
		return config.Faultf("engine", "%q is not one of %s", name, strings.Join(t.Names(), ", "))
	}
	if !slices.Contains(Precisions(), precision) {
		return config.Faultf(
			"precision", "%q is not one of %s", precision, strings.Join(Precisions(), ", "),
		)
	}
	return nil
}

// Open starts the engine called name with threads workers; 0 means one a core. Auto takes the last
// of the table that opens; it never fails for want of a library. A named engine that is not to be
// had is an error with its remedy.
func (t Table) Open(name, precision string, threads int) (*Choice, error) {
	if err := t.Check(name, precision); err != nil {
		return nil, err
	}
	if threads <= 0 {
		threads = machine.Cores()
	}
	c := &Choice{ComputeType: kernel.F32, threads: threads}
	addProcessor()
	runtime.LockOSThread()
	opened, err := c.open(t, name, threads)
	if err != nil {
		runtime.UnlockOSThread()
		return nil, fmt.Errorf("engine: %w", err)
	}
	c.Engine, c.replicas = compose.Complete(opened.Core), opened.Replicas
	c.Library, c.Faster = opened.Library, opened.Faster
	if c.Library != "" {
		c.Reason = c.Library
	}
	c.choosePrecision(precision, opened)
	return c, nil
}

// addProcessor makes room for what reads images and shows progress: threads that compute in a
// library keep their processor.
var addProcessor = sync.OnceFunc(machine.AddProcessor)

// open tries the engines that name stands for, the preferred first, and gives as reason what kept
// it from those before.
func (c *Choice) open(t Table, name string, threads int) (*kernel.Opened, error) {
	o, missing := kernel.Options{Threads: threads, Auto: name == Auto}, []string(nil)
	for _, b := range slices.Backward(t) {
		if !o.Auto && b.Name != name {
			continue
		}
		opened, err := b.Open(o)
		if err == nil {
			c.kind, c.Reason = b, "asked for"
			if o.Auto {
				c.Reason = strings.Join(missing, "; ")
			}
			return opened, nil
		}
		if !o.Auto {
			return nil, err
		}
		if !errors.Is(err, kernel.ErrNoDevice) {
			missing = append(missing, err.Error())
		}
	}
	return nil, fmt.Errorf("none opens: %s", strings.Join(missing, "; "))
}

// choosePrecision settles what flows inside blocks.
func (c *Choice) choosePrecision(asked string, o *kernel.Opened) {
	switch {
	case asked == Auto:
		c.ComputeType = o.Compute
		if o.Why != "" {
			c.Reason += "; " + o.Why
		}
	case asked == kernel.BF16.String():
		c.ComputeType = kernel.BF16
		if o.SlowBF16 != "" {
			c.Warnings = append(c.Warnings, "precision bf16: "+o.SlowBF16)
		}
	}
}
