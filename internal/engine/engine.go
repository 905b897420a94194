// Package engine picks the numeric engine that a configuration asks for, and says why.
package engine

import (
	"fmt"

	"cmae/internal/kernel"
	"cmae/internal/kernel/portable"
)

// Choice is an opened engine and the type of what flows inside blocks.
type Choice struct {
	Engine kernel.Engine
	Inner  kernel.DType
	Reason string
}

// Names and Precisions are what a configuration may say.
var (
	Names      = []string{"auto", "portable"}
	Precisions = []string{"auto", "f32", "bf16"}
)

// Open starts the engine called name with threads workers; 0 means one a core.
func Open(name, precision string, threads int) (*Choice, error) {
	c := &Choice{Inner: kernel.F32, Reason: "asked for"}
	switch name {
	case "auto":
		c.Reason = "it runs everywhere"
		c.Engine = portable.New(threads)
	case "portable":
		c.Engine = portable.New(threads)
	default:
		return nil, fmt.Errorf("engine: %q is not one of %v", name, Names)
	}
	switch precision {
	case "auto", "f32":
	case "bf16":
		c.Inner = kernel.BF16
	default:
		return nil, fmt.Errorf("precision: %q is not one of %v", precision, Precisions)
	}
	return c, nil
}
