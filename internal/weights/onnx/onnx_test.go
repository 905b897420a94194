package onnx

import (
	"encoding/binary"
	"slices"
	"testing"
)

// The kinds of fields, read here without the library that writes them.
const wireVarint, wireBytes, wireFixed32 = 0, 2, 5

// field is one of a protocol buffer.
type field struct {
	number int
	value  uint64
	bytes  []byte
}

// fields reads a message back.
func fields(t *testing.T, m []byte) (all []field) {
	t.Helper()
	for len(m) > 0 {
		tag, n := binary.Uvarint(m)
		if m = m[n:]; n <= 0 {
			t.Fatal("no tag")
		}
		f := field{number: int(tag >> 3)}
		switch tag & 7 {
		case wireVarint:
			f.value, n = binary.Uvarint(m)
			m = m[n:]
		case wireBytes:
			size, n := binary.Uvarint(m)
			f.bytes, m = m[n:n+int(size)], m[n+int(size):]
		case wireFixed32:
			f.value, m = uint64(binary.LittleEndian.Uint32(m)), m[4:]
		default:
			t.Fatalf("wire type %d", tag&7)
		}
		all = append(all, f)
	}
	return all
}

func of(all []field, number int) (some []field) {
	return slices.DeleteFunc(slices.Clone(all), func(f field) bool { return f.number != number })
}

// TestEncode: every input of a node is there before it, and what is written is read back.
func TestEncode(t *testing.T) {
	g := &Graph{Name: "net", Producer: "test", Metadata: map[string]string{"b": "2", "a": "1"}}
	g.Input("x", Dim{Name: "batch"}, Dim{Size: 3})
	y := g.Node("MatMul", nil, "x", g.Floats("w", []int{3, 2}, []float32{1, 2, 3, 4, 5, 6}))
	g.Named("y", "Transpose", []Attribute{{"perm", []int{1, 0}}, {"axis", -1}, {"eps", .5}}, y)
	g.Output("y", Dim{Size: 2}, Dim{Name: "batch"})
	model := fields(t, g.encode())
	if of(model, 1)[0].value != irVersion || len(of(model, 14)) != 2 {
		t.Errorf("model %v", model)
	}
	if v := fields(t, of(model, 8)[0].bytes); of(v, 2)[0].value != opset {
		t.Errorf("opset %v", v)
	}
	graph := fields(t, of(model, 7)[0].bytes)
	known := map[string]bool{}
	for _, n := range of(graph, 5) {
		w := fields(t, n.bytes)
		known[string(of(w, 8)[0].bytes)] = true
		if data := of(w, 9)[0].bytes; len(data) != 24 || of(w, 1)[0].value != 3 {
			t.Errorf("weight %v", w)
		}
	}
	for _, in := range of(graph, 11) {
		known[string(of(fields(t, in.bytes), 1)[0].bytes)] = true
	}
	for _, n := range of(graph, 1) {
		node := fields(t, n.bytes)
		for _, in := range of(node, 1) {
			if !known[string(in.bytes)] {
				t.Errorf("%s reads %s, which is not there yet", of(node, 4)[0].bytes, in.bytes)
			}
		}
		known[string(of(node, 2)[0].bytes)] = true
	}
	if !known["y"] {
		t.Error("no node gives the output")
	}
	last := fields(t, of(graph, 1)[1].bytes)
	perm := fields(t, of(last, 5)[0].bytes)
	if got := of(perm, 8); len(got) != 2 || got[0].value != 1 || of(perm, 20)[0].value != attributeInts {
		t.Errorf("perm %v", perm)
	}
	axis := fields(t, of(last, 5)[1].bytes)
	if int64(of(axis, 3)[0].value) != -1 {
		t.Errorf("axis %v", axis)
	}
}
