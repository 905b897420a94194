package machine

import "runtime"

// Cores is how many cores this process may use: GOMAXPROCS when it started.
func Cores() int { return cores }

var cores = runtime.GOMAXPROCS(0)

// AddProcessor lets goroutines run beside one more thread that is busy and rarely gives way.
func AddProcessor() { runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + 1) }
