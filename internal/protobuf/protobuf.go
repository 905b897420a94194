// Package protobuf writes protocol buffers field by field, for formats of which cmae writes a few
// messages and needs no generated code: ONNX models, TensorBoard's events.
package protobuf

import (
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// Message is a message under construction. Each method appends a field by its number.
type Message []byte

func (m *Message) tag(field int, kind protowire.Type) {
	*m = protowire.AppendTag(*m, protowire.Number(field), kind)
}

// Double appends a double.
func (m *Message) Double(field int, v float64) {
	m.tag(field, protowire.Fixed64Type)
	*m = protowire.AppendFixed64(*m, math.Float64bits(v))
}

// Float appends a float.
func (m *Message) Float(field int, v float32) {
	m.tag(field, protowire.Fixed32Type)
	*m = protowire.AppendFixed32(*m, math.Float32bits(v))
}

// Number appends an int64, int32, bool or enum.
func (m *Message) Number(field, v int) {
	m.tag(field, protowire.VarintType)
	*m = protowire.AppendVarint(*m, uint64(int64(v)))
}

// Bytes appends bytes, or a message.
func (m *Message) Bytes(field int, v []byte) {
	m.tag(field, protowire.BytesType)
	*m = protowire.AppendBytes(*m, v)
}

// Text appends a string.
func (m *Message) Text(field int, v string) { m.Bytes(field, []byte(v)) }

// All appends each of a repeated field of messages.
func (m *Message) All(field int, list [][]byte) {
	for _, v := range list {
		m.Bytes(field, v)
	}
}
