package kernel

// Write uploads values, converted to the type of t (F32, F64 or I32).
func Write[V float32 | float64 | int32](m Memory, t Tensor, values []V) {
	switch t.Type {
	case F64:
		m.Upload(t, Bytes(converted[float64](values)))
	case I32:
		m.Upload(t, Bytes(converted[int32](values)))
	default:
		m.Upload(t, Bytes(converted[float32](values)))
	}
}

// Read downloads the values of an F32 or F64 tensor.
func Read[V float32 | float64](m Memory, t Tensor) []V {
	if t.Type == F64 {
		values := make([]float64, t.Len())
		m.Download(Bytes(values), t)
		return converted[V](values)
	}
	values := make([]float32, t.Len())
	m.Download(Bytes(values), t)
	return converted[V](values)
}

// Scalar downloads the one number of an F32 or F64 tensor.
func Scalar(m Memory, t Tensor) float64 { return Read[float64](m, t)[0] }

// converted is values as another type, the slice itself where nothing is to convert.
func converted[To, From float32 | float64 | int32](values []From) []To {
	if same, ok := any(values).([]To); ok {
		return same
	}
	out := make([]To, len(values))
	for i, v := range values {
		out[i] = To(v)
	}
	return out
}
