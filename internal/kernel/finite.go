package kernel

// Finite reports whether x is a number: neither NaN nor infinite.
func Finite[T float32 | float64](x T) bool { return x-x == 0 }
