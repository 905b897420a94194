package kernel

// Core is what an engine must have: enough to compute all the rest, which package compose does. Its
// methods cannot fail: the ops above check shapes and types before they build a graph, and a device
// that breaks while running panics with an *Error, which the executor of a graph turns into an
// ordinary one, and Catch elsewhere.
//
// A method writes its first arguments (results) and reads the rest. Results never overlap operands
// unless a method says so. Floating-point operands share one type, F32 or F64, unless a method says
// more; indices are I32. Sums run in a fixed order, so that equal input gives equal bits whatever
// the number of threads.
//
// A method may return before it has computed, as long as later methods see its results. So an
// engine may also record its calls and run the record as one program, when Download asks for a
// number. Tensors are then what changes between two runs of an equal record, and so are the numbers
// in Scheduled; all other arguments are constants of the record (eps, heads, alpha, windows).
type Core interface {
	// Name is how users and logs call the engine: "portable", "onednn".
	Name() string
	// Close frees threads and memory. The engine and its tensors are not used afterwards.
	Close() error

	Memory
	Products
	Attention
	LayerNormalization
	Elementwise
	Rows
	Updates
}

// Engine is a Core with all operations that a graph is made of. Those that are not in Core may be
// an engine's own, each interface as a whole, where it computes them faster than they can be
// composed of Core.
type Engine interface {
	Core

	MatrixProduct
	BatchNormalization
	RunningStatistics
	L2Normalization
	Standardization
	RowScaling
	RowPermutation
	RowWriting
	Convolution
	MaxPooling
	Patches
	TokenGathering
	TokenRestoring
	TokenMerging
	TokenPooling
	TokenSlicing
	Transposition
	MaskedError
	SquaredErrors
	CrossEntropy
	Contrast
	LossSum
}

// Error is what an engine panics with when its library or device fails while running.
type Error struct {
	Engine string
	Err    error
}

func (e *Error) Error() string { return "engine " + e.Engine + ": " + e.Err.Error() }
func (e *Error) Unwrap() error { return e.Err }

// Catch, deferred, makes err of what an engine panicked with; other panics go on. It ends functions
// that read what an engine has computed: one that computes late fails there.
func Catch(err *error) {
	switch r := recover().(type) {
	case nil:
	case *Error:
		*err = r
	default:
		panic(r)
	}
}
