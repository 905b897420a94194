package kernel

import (
	"errors"
	"time"
)

// Backend is a kind of engine that a program can open by its name. A table of package backend lists
// them.
type Backend struct {
	Name string // as users say it
	// Variables are environment variables that Open reads, of names that begin with CMAE_.
	Variables []string
	// Open starts an engine. Its error says what is missing and, behind "; ", what to do about it.
	Open func(o Options) (*Opened, error)
}

// ErrNoDevice says that nothing is there of what an engine is for, such as a GPU. Nobody who has
// not asked for the engine by its name wants to hear it.
var ErrNoDevice = errors.New("no such device")

// Options of a Backend's Open.
type Options struct {
	Threads int // cores to use; 0: all that this process may use
	// Auto says that nobody asked for this engine by its name: it may refuse where it would be no
	// faster than engines that need less.
	Auto bool
}

// Opened is a running engine, and what its backend says of it.
type Opened struct {
	Core           // what it lacks is composed
	Library string // what it runs on, as "oneDNN 2.6.3"; "" where that is this program alone
	// Compute is the type, F32 or BF16, between the operations inside a block with which it trains
	// fastest. Why says why; it may be "".
	Compute DType
	Why     string
	// SlowBF16 says why BF16 is slower than F32 on it, "" where it isn't.
	SlowBF16 string
	// Replicas is how many engines of this kind may share a batch where nobody says how many.
	Replicas int
	// Faster is what would make training faster than this engine does, "" where nothing is known.
	Faster string
}

// Compiler is an engine that records calls and compiles programs of them.
type Compiler interface {
	Compiled() Compiled
	// OnCompile has tell called every second while a program is compiled, with the time that it has
	// taken, and once more when it is over; in one goroutine at a time.
	OnCompile(tell func(took time.Duration, over bool))
}

// Compiled counts what a Compiler has done since it was opened.
type Compiled struct {
	Programs int           // that were compiled, or loaded as they were compiled before
	Time     time.Duration // that took
	Memory   int64         // bytes that the largest of them needs: arguments, results and between
	Runs     int           // of programs
	Uploaded int64         // bytes that went to the device
	// Device is the time in calls of the device: uploads, compiling, running, waiting. The rest of
	// a step's time goes into recording.
	Device time.Duration
}
