// Package engine picks the numeric engine and the precision that a configuration asks for, and says
// why.
package backend

import (
	"fmt"
	"runtime"
	"slices"
	"strings"

	"cmae/internal/comm"
	"cmae/internal/config"
	"cmae/internal/graph"
	"cmae/internal/graph/nn"
	"cmae/internal/kernel"
	"cmae/internal/kernel/onednn"
	"cmae/internal/kernel/portable"
)

// Names and Precisions are what a configuration may say.
var (
	Names      = []string{"auto", "portable", "onednn"}
	Precisions = []string{"auto", "f32", "bf16"}
)

// Choice is an opened engine and the type of what flows inside blocks. It belongs to the goroutine
// that opened it, which stays on its thread until Close.
type Choice struct {
	kernel.Engine
	Inner    kernel.DType
	Reason   string // for the log: why this engine and precision
	Warnings []string
	threads  int
}

// Threads is how many cores the engine uses.
func (c *Choice) Threads() int { return c.threads }

// LanesFor is in how many lanes a training step computes its batch: as many as were asked for, or
// of 0 as many as pay; plan says what the step holds in one, and fills the parameters. The portable
// engine has one lane, so that its results don't depend on the number of threads, and so has a step
// that may not be shared.
func (c *Choice) LanesFor(
	asked, batch int, mayShare bool, plan func(*nn.Params) (*graph.Sketch, error),
) (int, error) {
	switch {
	case asked > 0:
		return asked, nil
	case !mayShare || c.single():
		return 1, nil
	}
	params := nn.NewShapes(kernel.F32)
	step, err := plan(params)
	if err != nil {
		return 0, err
	}
	gradients := params.Count("") * kernel.F32.Size()
	return lanes.Count(c.threads, batch, gradients, step.Shared-gradients), nil
}

// FrozenLanes are as many lanes as pay for a batch where nothing is trained.
func (c *Choice) FrozenLanes(batch int) (*lanes.Lanes, error) {
	if c.single() {
		return lanes.Single(c.Engine), nil
	}
	return c.Lanes(lanes.Count(c.threads, batch, 0, 0))
}

func (c *Choice) single() bool { return c.Name() == "portable" || c.threads == 1 }

// Lanes divides the engine's threads among count lanes, each with an engine of the same kind.
func (c *Choice) Lanes(count int) (*lanes.Lanes, error) {
	each := max(1, c.threads/count)
	return lanes.New(c.Engine, count, func() (kernel.Engine, error) {
		fast, ok := c.Engine.(*onednn.Engine)
		if !ok {
			return portable.New(each), nil
		}
		path, _ := fast.Library()
		return onednn.Open(onednn.Options{Threads: each, Library: path})
	})
}

// mostThreads is more than nearly all machines have cores, and as many as the native library starts
// with 12 GB of address space.
const mostThreads = 512

// Check reports a name or precision that does not exist, or a number of threads that cannot be.
func Check(name, precision string, threads int) error {
	if !slices.Contains(Names, name) {
		return fmt.Errorf("engine: %q is not one of %s", name, strings.Join(Names, ", "))
	}
	if !slices.Contains(Precisions, precision) {
		return fmt.Errorf(
			"precision: %q is not one of %s", precision, strings.Join(Precisions, ", "),
		)
	}
	if threads < 0 {
		return fmt.Errorf("threads: %d must not be negative", threads)
	}
	return config.AtMost(config.Most{Key: "threads", Value: threads, Limit: mostThreads})
}

// Open starts the engine called name with threads workers; 0 means one a core. Auto takes oneDNN
// where its library is found, and the portable engine elsewhere; it never fails for want of a
// library. A named engine that is not to be had is an error with its remedy.
func Open(name, precision string, threads int) (*Choice, error) {
	if err := Check(name, precision, threads); err != nil {
		return nil, err
	}
	c := &Choice{Inner: kernel.F32, threads: threads}
	if threads <= 0 {
		c.threads = runtime.GOMAXPROCS(0)
	}
	runtime.LockOSThread()
	if name != "portable" {
		fast, err := onednn.Open(onednn.Options{Threads: threads})
		if err == nil {
			_, version := fast.Library()
			c.Engine, c.Reason = fast, "oneDNN "+version
			c.choosePrecision(precision, fast)
			return c, nil
		}
		if name == "onednn" {
			runtime.UnlockOSThread()
			return nil, fmt.Errorf("engine: %w", err)
		}
		c.Reason = err.Error()
	} else {
		c.Reason = "asked for"
	}
	c.Engine = portable.New(threads)
	c.choosePrecision(precision, nil)
	return c, nil
}

// choosePrecision settles what flows inside blocks. fast is nil on the portable engine.
func (c *Choice) choosePrecision(asked string, fast *onednn.Engine) {
	switch {
	case asked == "auto" && fast != nil:
		var why string
		c.Inner, why = onednn.Precision(fast)
		c.Reason += "; " + why
	case asked == "bf16":
		c.Inner = kernel.BF16
		if fast == nil {
			c.Warnings = append(
				c.Warnings,
				"precision bf16: the portable engine converts to float32 and back, which is slow; install oneDNN or take f32",
			)
		} else if err := fast.BF16(); err != nil {
			c.Warnings = append(c.Warnings, "precision bf16: "+err.Error()+"; it works, slowly")
		}
	}
}

// Close stops the engine and lets the goroutine change threads again.
func (c *Choice) Close() error {
	defer runtime.UnlockOSThread()
	return c.Engine.Close()
}
