package track

import (
	"encoding/binary"
	"hash/crc32"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// record frames an event for a TFRecord file: its length, a checksum of that, the event, a checksum
// of it.
func record(event []byte) []byte {
	out := binary.LittleEndian.AppendUint64(nil, uint64(len(event)))
	out = binary.LittleEndian.AppendUint32(out, masked(out))
	out = append(out, event...)
	return binary.LittleEndian.AppendUint32(out, masked(event))
}

// masked is TFRecord's checksum: CRC-32C, turned and moved, so that a checksum of data that holds
// checksums is no weaker.
func masked(data []byte) uint32 {
	sum := crc32.Checksum(data, crc32.MakeTable(crc32.Castagnoli))
	return (sum>>15 | sum<<17) + 0xa282ead8
}

// message is a protocol buffer under construction.
type message []byte

func (m *message) double(field protowire.Number, v float64) {
	*m = protowire.AppendTag(*m, field, protowire.Fixed64Type)
	*m = protowire.AppendFixed64(*m, math.Float64bits(v))
}

func (m *message) float(field protowire.Number, v float32) {
	*m = protowire.AppendTag(*m, field, protowire.Fixed32Type)
	*m = protowire.AppendFixed32(*m, math.Float32bits(v))
}

func (m *message) number(field protowire.Number, v int) {
	*m = protowire.AppendTag(*m, field, protowire.VarintType)
	*m = protowire.AppendVarint(*m, uint64(v))
}

func (m *message) bytes(field protowire.Number, v []byte) {
	*m = protowire.AppendTag(*m, field, protowire.BytesType)
	*m = protowire.AppendBytes(*m, v)
}

// event is tensorflow.Event: when, at which step, and what, a field of its own.
func event(at float64, step int, what protowire.Number, value []byte) []byte {
	var m message
	m.double(1, at)
	m.number(2, step)
	m.bytes(what, value)
	return m
}

// The kinds of events.
const (
	version protowire.Number = 3
	summary protowire.Number = 5
	session protowire.Number = 7
)

// scalar is one value of a tensorflow.Summary.
func scalar(tag string, v float64) []byte {
	var value message
	value.bytes(1, []byte(tag))
	value.float(2, float32(v))
	return value
}

// picture is an image of a tensorflow.Summary.
func picture(tag string, width, height int, png []byte) []byte {
	var image message
	image.number(1, height)
	image.number(2, width)
	image.number(3, 4) // red, green, blue, opacity
	image.bytes(4, png)
	var value message
	value.bytes(1, []byte(tag))
	value.bytes(4, image)
	return value
}

// started is tensorflow.SessionLog's START: what was shown of this step and later ones is void.
func started() []byte {
	var m message
	m.number(1, 1)
	return m
}
