package graph

import (
	"fmt"
	"runtime"
)

// TooLarge says that this machine cannot hold the arenas. In bytes: what they need, what the
// process holds already, and the most it can have.
type TooLarge struct{ Need, Held, Most float64 }

func (e *TooLarge) Error() string {
	return fmt.Sprintf(
		"%.4g GB are needed for activations beside %.4g GB already held, and %.4g GB are the most there can be",
		e.Need/1e9, e.Held/1e9, e.Most/1e9,
	)
}

// room refuses memory that the process cannot get. The system itself would refuse only when the
// memory is written to, by killing the process.
func room(need, most float64) error {
	if need+held() <= most {
		return nil
	}
	runtime.GC() // garbage does not count
	if now := held(); need+now > most {
		return &TooLarge{need, now, most}
	}
	return nil
}

func held() float64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}
