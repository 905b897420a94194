package xla

import (
	"encoding/binary"
	"fmt"
	"math"
	"reflect"

	"cmae/internal/kernel"
	"cmae/internal/kernel/pjrt"
)

// record is the calls since the last run: what they are, as bytes that are equal where the calls
// are, and what changes between two runs of an equal record.
type record struct {
	calls   []call
	bytes   []byte
	uploads []*pjrt.Buffer // of Upload, in order
	numbers []float64      // kernel.Scheduled and its like, in order
}

// call is a method of builder, and its arguments.
type call struct {
	lower any
	args  []any
	end   int // of its bytes in the record
}

// call records one. Whatever lower's effect depends on is among its arguments.
func (e *Engine) call(lower any, args ...any) {
	r := &e.record
	r.bytes = encodeCall(r.bytes, lower, args)
	r.calls = append(r.calls, call{lower, args, len(r.bytes)})
}

// schedule adds numbers that may change from step to step.
func (e *Engine) schedule(numbers ...float64) {
	e.record.numbers = append(e.record.numbers, numbers...)
}

// clear begins a new record in the memory of the old.
func (r *record) clear() {
	clear(r.calls)
	r.calls, r.bytes = r.calls[:0], r.bytes[:0]
	r.uploads, r.numbers = r.uploads[:0], r.numbers[:0]
}

// touches tells whether a call reads or writes between two addresses.
func (r *record) touches(at, end uintptr) bool {
	for _, c := range r.calls {
		for _, arg := range c.args {
			for _, t := range tensorsOf(arg) {
				if uintptr(t.Data) < end && uintptr(t.Data)+uintptr(t.Bytes()) > at {
					return true
				}
			}
		}
	}
	return false
}

// tensorsOf lists the tensors in an argument.
func tensorsOf(arg any) []tensor {
	switch x := arg.(type) {
	case tensor:
		return []tensor{x}
	case []tensor:
		return x
	case kernel.Epilogue:
		return []tensor{x.Bias, x.Pre, x.Residual}
	case kernel.Finish:
		return []tensor{x.Residual}
	case kernel.FusedOutputs:
		return []tensor{x.EMA, x.Copy, x.EMACopy}
	}
	return nil
}

func encodeCall(b []byte, lower any, args []any) []byte {
	b = encodeInt(b, int(reflect.ValueOf(lower).Pointer()))
	for _, a := range args {
		b = encode(b, a)
	}
	return b
}

// encode appends an argument. The types of a method's arguments are known, so that their bytes need
// not tell them.
func encode(b []byte, arg any) []byte {
	switch x := arg.(type) {
	case tensor:
		return encodeTensor(b, x)
	case []tensor:
		b = encodeInt(b, len(x))
		for _, t := range x {
			b = encodeTensor(b, t)
		}
		return b
	case int:
		return encodeInt(b, x)
	case float64:
		return encodeFloat(b, x)
	case bool:
		return encodeBool(b, x)
	case []int:
		b = encodeInt(b, len(x))
		for _, i := range x {
			b = encodeInt(b, i)
		}
		return b
	case []float64:
		b = encodeInt(b, len(x))
		for _, f := range x {
			b = encodeFloat(b, f)
		}
		return b
	case kernel.Window:
		return encode(b, []int{x.H, x.W, x.Side, x.Stride, x.Pad})
	case kernel.Epilogue:
		b = encodeTensor(encodeTensor(encodeTensor(b, x.Bias), x.Pre), x.Residual)
		return encodeBool(b, x.GELU)
	case kernel.Finish:
		return encodeBool(encodeTensor(b, x.Residual), x.ReLU)
	case kernel.FusedOutputs:
		return encodeTensor(encodeTensor(encodeTensor(b, x.EMA), x.Copy), x.EMACopy)
	}
	panic(fmt.Sprintf("xla: argument of type %T in a record", arg))
}

func encodeTensor(b []byte, t tensor) []byte {
	b = binary.LittleEndian.AppendUint64(b, uint64(uintptr(t.Data)))
	b = append(b, byte(t.Type), byte(len(t.Shape)))
	for _, d := range t.Shape {
		b = binary.LittleEndian.AppendUint32(b, uint32(d))
	}
	return b
}

func encodeInt(b []byte, i int) []byte { return binary.LittleEndian.AppendUint64(b, uint64(i)) }

func encodeFloat(b []byte, f float64) []byte {
	return binary.LittleEndian.AppendUint64(b, math.Float64bits(f))
}

func encodeBool(b []byte, yes bool) []byte {
	if yes {
		return append(b, 1)
	}
	return append(b, 0)
}
