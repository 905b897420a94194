// Package verify compares cmae with reference vectors: whole training steps that an independent
// implementation has computed. It runs them through the graph, engine, optimizer and heat-map code
// that training uses.
//
// Read verify.go (what a comparison is), reference.go and options.go (the files), observe.go (a
// step of ours), conventions.go and groups.go (what a file leaves open), compare.go and
// tolerance.go (how far two steps may be apart), rounding.go and batchnorm.go (how far rounding
// takes them).
package verify

import "cmae/internal/kernel"

// Run checks one file on an engine. compute is the type inside blocks; with F64 everything is in
// float64. The error says that the file could not be run; a file that ran and disagrees gives a
// Result that does not pass.
func Run(path string, e kernel.Engine, compute kernel.DType) (*Result, error) {
	r, err := openReference(path)
	if err != nil {
		return nil, err
	}
	defer r.file.Close()
	res, err := r.check(e, compute)
	return res, r.failed(err)
}

// check compares a step of ours with the file; where it isn't within tolerance, again with the
// allowance for rounding.
func (r *reference) check(e kernel.Engine, compute kernel.DType) (*Result, error) {
	ours, err := r.settle(e, compute)
	if err != nil {
		return nil, err
	}
	res, err := r.compare(ours, r.tolerance(compute), nil)
	if err != nil || res.Passed() || !r.rounded(compute) {
		return res, err
	}
	moves, err := r.roundingMoves()
	if err != nil {
		return nil, err
	}
	return r.compare(ours, r.tolerance(compute), moves)
}
