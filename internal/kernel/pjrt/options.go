package pjrt

import (
	"encoding/binary"
	"maps"
	"slices"
)

// Options of the compiler: XLA's flags by name, such as xla_gpu_autotune_level. A flag that is true
// or false is a bool.
type Options map[string]string

// encode is a CompileOptionsProto. Field 3 holds num_replicas (4) and num_partitions (5), both 1;
// field 7 is a map of flags.
func (o Options) encode() []byte {
	b := []byte{0x1a, 4, 0x20, 1, 0x28, 1}
	for _, name := range slices.Sorted(maps.Keys(o)) {
		value := append([]byte{0x0a}, counted(o[name])...) // string_field
		switch o[name] {
		case "true":
			value = []byte{0x10, 1} // bool_field
		case "false":
			value = []byte{0x10, 0}
		}
		entry := append([]byte{0x0a}, counted(name)...)
		entry = append(append(entry, 0x12), counted(string(value))...)
		b = append(append(b, 0x3a), counted(string(entry))...)
	}
	return b
}

// counted is a text behind its length.
func counted(s string) []byte {
	return append(binary.AppendUvarint(nil, uint64(len(s))), s...)
}
