package onnx

import (
	"encoding/binary"
	"maps"
	"slices"

	"cmae/internal/protobuf"
)

// The types of tensors and attributes, by their numbers in onnx.proto.
const (
	typeFloat, typeInt64                        = 1, 7
	attributeFloat, attributeInt, attributeInts = 1, 2, 7
)

// Attribute is a constant of a node: a float64, an int or a []int.
type Attribute struct {
	Name  string
	Value any
}

func (a Attribute) encode() []byte {
	var m protobuf.Message
	m.Text(1, a.Name)
	switch v := a.Value.(type) {
	case float64:
		m.Float(2, float32(v))
		m.Number(20, attributeFloat)
	case int:
		m.Number(3, v)
		m.Number(20, attributeInt)
	case []int:
		for _, i := range v {
			m.Number(8, i)
		}
		m.Number(20, attributeInts)
	default:
		panic("onnx: attribute " + a.Name + " of a type that is not written")
	}
	return m
}

func tensor(name string, kind int, shape []int, data []byte) []byte {
	var m protobuf.Message
	for _, n := range shape {
		m.Number(1, n)
	}
	m.Number(2, kind)
	m.Text(8, name)
	m.Bytes(9, data)
	return m
}

func value(name string, shape []Dim) []byte {
	var dims, kind, typ, m protobuf.Message
	for _, d := range shape {
		var dim protobuf.Message
		if d.Name != "" {
			dim.Text(2, d.Name)
		} else {
			dim.Number(1, d.Size)
		}
		dims.Bytes(1, dim)
	}
	kind.Number(1, typeFloat)
	kind.Bytes(2, dims)
	typ.Bytes(1, kind)
	m.Text(1, name)
	m.Bytes(2, typ)
	return m
}

func int64s(values []int) (data []byte) {
	for _, v := range values {
		data = binary.LittleEndian.AppendUint64(data, uint64(int64(v)))
	}
	return data
}

func sorted(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }
