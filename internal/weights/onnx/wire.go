package onnx

import (
	"encoding/binary"
	"maps"
	"math"
	"slices"
)

// The types of tensors and attributes, by their numbers in onnx.proto.
const (
	typeFloat, typeInt64                        = 1, 7
	attributeFloat, attributeInt, attributeInts = 1, 2, 7
)

// message is a protocol buffer: fields by their number.
type message []byte

const (
	wireVarint, wireBytes, wireFixed32 = 0, 2, 5
)

func (m *message) tag(field, wire int) {
	*m = binary.AppendUvarint(*m, uint64(field<<3|wire))
}

func (m *message) number(field, v int) {
	m.tag(field, wireVarint)
	*m = binary.AppendUvarint(*m, uint64(int64(v)))
}

func (m *message) float(field int, v float64) {
	m.tag(field, wireFixed32)
	*m = binary.LittleEndian.AppendUint32(*m, math.Float32bits(float32(v)))
}

func (m *message) bytes(field int, v []byte) {
	m.tag(field, wireBytes)
	*m = append(binary.AppendUvarint(*m, uint64(len(v))), v...)
}

func (m *message) text(field int, v string) { m.bytes(field, []byte(v)) }

func (m *message) all(field int, list [][]byte) {
	for _, v := range list {
		m.bytes(field, v)
	}
}

// Attribute is a constant of a node: a float64, an int or a []int.
type Attribute struct {
	Name  string
	Value any
}

func (a Attribute) encode() []byte {
	var m message
	m.text(1, a.Name)
	switch v := a.Value.(type) {
	case float64:
		m.float(2, v)
		m.number(20, attributeFloat)
	case int:
		m.number(3, v)
		m.number(20, attributeInt)
	case []int:
		for _, i := range v {
			m.number(8, i)
		}
		m.number(20, attributeInts)
	default:
		panic("onnx: attribute " + a.Name + " of a type that is not written")
	}
	return m
}

func tensor(name string, kind int, shape []int, data []byte) []byte {
	var m message
	for _, n := range shape {
		m.number(1, n)
	}
	m.number(2, kind)
	m.text(8, name)
	m.bytes(9, data)
	return m
}

func value(name string, shape []Dim) []byte {
	var dims, kind, typ, m message
	for _, d := range shape {
		var dim message
		if d.Name != "" {
			dim.text(2, d.Name)
		} else {
			dim.number(1, d.Size)
		}
		dims.bytes(1, dim)
	}
	kind.number(1, typeFloat)
	kind.bytes(2, dims)
	typ.bytes(1, kind)
	m.text(1, name)
	m.bytes(2, typ)
	return m
}

func int64s(values []int) (data []byte) {
	for _, v := range values {
		data = binary.LittleEndian.AppendUint64(data, uint64(int64(v)))
	}
	return data
}

func sorted(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }
