package machine

import "runtime"

// Cores is how many cores this process may use: GOMAXPROCS when it started.
func Cores() int { return cores }

var cores = runtime.GOMAXPROCS(0)

// AddProcessor raises GOMAXPROCS by one, for goroutines that must run beside one more thread that
// rarely gives way.
func AddProcessor() { runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + 1) }
