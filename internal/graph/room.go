package graph

import (
	"fmt"
	"runtime"

	"cmae/internal/kernel"
)

// TooLarge says that an engine cannot hold the arenas. In bytes: what they need, what the process
// holds of the engine's memory already, and the most it can have.
type TooLarge struct{ Need, Held, Most float64 }

func (e *TooLarge) Error() string {
	return fmt.Sprintf(
		"%.4g GB are needed for activations beside %.4g GB already held, and %.4g GB are the "+
			"most there can be",
		e.Need/1e9, e.Held/1e9, e.Most/1e9,
	)
}

// room refuses memory that the engine cannot get. A host would refuse only when the memory is
// written to, by killing the process.
func room(e kernel.Memory, need float64) error {
	u := e.Usage()
	if need+u.Held <= u.Most {
		return nil
	}
	if u.Host {
		runtime.GC() // garbage does not count
		u = e.Usage()
	}
	if need+u.Held > u.Most {
		return &TooLarge{need, u.Held, u.Most}
	}
	return nil
}
