// Package compose makes a whole engine of one that has what every engine must have: each operation
// that the engine lacks is composed of operations of kernel.Core.
//
// Read compose.go (which operations are whose), work.go and constants.go (memory of a composed
// operation, and of all), algebra.go (sums and products by row and column), then the operations:
// matrix.go, norms.go, rows.go, tokens.go, convolution.go, maxpool.go, losses.go. Their definitions
// stand in package kernel, whose letters they share. Simplicity comes first here: an operation that
// takes a noticeable part of a step deserves a primitive of its engine.
package compose

import "cmae/internal/kernel"

// engine is a Core and, of everything else, the core's own or what is composed.
type engine struct {
	kernel.Core

	kernel.MatrixProduct
	kernel.BatchNormalization
	kernel.RunningStatistics
	kernel.L2Normalization
	kernel.Standardization
	kernel.RowScaling
	kernel.RowPermutation
	kernel.RowWriting
	kernel.Convolution
	kernel.MaxPooling
	kernel.Patches
	kernel.TokenGathering
	kernel.TokenRestoring
	kernel.TokenMerging
	kernel.TokenPooling
	kernel.TokenSlicing
	kernel.Transposition
	kernel.MaskedError
	kernel.SquaredErrors
	kernel.CrossEntropy
	kernel.Contrast
	kernel.LossSum
}

var _ kernel.Dropper = engine{}

// Complete is core with all operations of an engine. Those that it has itself stay as they are, so
// that a core which has them all is returned as it is.
func Complete(core kernel.Core) kernel.Engine {
	if e, ok := core.(kernel.Engine); ok {
		return e
	}
	c := &composer{}
	c.all = engine{
		Core:               core,
		MatrixProduct:      own[kernel.MatrixProduct](core, c),
		BatchNormalization: own[kernel.BatchNormalization](core, c),
		RunningStatistics:  own[kernel.RunningStatistics](core, c),
		L2Normalization:    own[kernel.L2Normalization](core, c),
		Standardization:    own[kernel.Standardization](core, c),
		RowScaling:         own[kernel.RowScaling](core, c),
		RowPermutation:     own[kernel.RowPermutation](core, c),
		RowWriting:         own[kernel.RowWriting](core, c),
		Convolution:        own[kernel.Convolution](core, c),
		MaxPooling:         own[kernel.MaxPooling](core, c),
		Patches:            own[kernel.Patches](core, c),
		TokenGathering:     own[kernel.TokenGathering](core, c),
		TokenRestoring:     own[kernel.TokenRestoring](core, c),
		TokenMerging:       own[kernel.TokenMerging](core, c),
		TokenPooling:       own[kernel.TokenPooling](core, c),
		TokenSlicing:       own[kernel.TokenSlicing](core, c),
		Transposition:      own[kernel.Transposition](core, c),
		MaskedError:        own[kernel.MaskedError](core, c),
		SquaredErrors:      own[kernel.SquaredErrors](core, c),
		CrossEntropy:       own[kernel.CrossEntropy](core, c),
		Contrast:           own[kernel.Contrast](core, c),
		LossSum:            own[kernel.LossSum](core, c),
	}
	c.constants = constants{memory: core, known: map[string]kernel.Tensor{}}
	return c.all
}

// own is the core's own operations, or those composed.
func own[I any](core kernel.Core, composed I) I {
	if has, ok := core.(I); ok {
		return has
	}
	return composed
}

// Drop tells a core that wants to know.
func (e engine) Drop(region kernel.Tensor, keep []kernel.Tensor) {
	if d, ok := e.Core.(kernel.Dropper); ok {
		d.Drop(region, keep)
	}
}

// composer has every operation beyond the core, composed.
type composer struct {
	all       kernel.Engine // which composed operations are made of
	constants constants
}
