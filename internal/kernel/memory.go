package kernel

// Alignment is where memory from New begins, and where values that share it do, in bytes: a cache
// line, and the width of the widest vector register.
const Alignment = 64

// Aligned is bytes rounded up to whole Alignments.
func Aligned(bytes int) int { return (bytes + Alignment - 1) &^ (Alignment - 1) }

// Memory owns the numbers. Only Upload and Download cross between the engine's memory and the
// host's.
type Memory interface {
	// New allocates zeroed elements, aligned to Alignment.
	New(t DType, shape ...int) Tensor
	// Free gives memory from New back.
	Free(t Tensor)
	// Upload fills dst with the little-endian bytes of as many elements, whatever their type. src
	// may be used again when Upload returns, though dst may only be filled later.
	Upload(dst Tensor, src []byte)
	// Download is the inverse of Upload; it waits for what is still being computed.
	Download(dst []byte, src Tensor)
	// Zero sets every element to 0; Copy moves elements between tensors of one type and length.
	Zero(t Tensor)
	Copy(dst, src Tensor)
	// Cast converts between F32, F64 and BF16 (round to nearest even).
	Cast(dst, src Tensor)
	// Usage tells how much memory there is, and how much of it is taken.
	Usage() Usage
}

// Usage is how the memory that an engine computes in stands, in bytes.
type Usage struct {
	Held float64 // by this process
	Most float64 // that it can have; infinite where nobody knows
	// Host says that this is memory of the process itself, so that engines can read each other's
	// tensors, and garbage counts as held until it is collected.
	Host bool
}

// Dropper is an engine that wants to know which results nobody reads: one that records its calls
// need not keep them. After the call all that region holds means nothing but the tensors to keep,
// which stay whole, whatever was written to them in parts.
type Dropper interface {
	Drop(region Tensor, keep []Tensor)
}

// Starter is an engine that waits with what it is asked for until somebody wants a number, and then
// computes beside its caller.
type Starter interface {
	// Start has it begin, so that the caller can do something else before it asks.
	Start()
}

// Wait returns when t is computed; for measuring.
func Wait(m Memory, t Tensor) {
	first := t.At(0, t.Type, 1)
	m.Download(make([]byte, first.Bytes()), first)
}
