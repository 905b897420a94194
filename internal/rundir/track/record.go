package track

import (
	"encoding/binary"
	"hash/crc32"

	"cmae/internal/protobuf"
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

// event is tensorflow.Event: when, at which step, and what, which is the number of a field.
func event(at float64, step int, what int, value []byte) []byte {
	var m protobuf.Message
	m.Double(1, at)
	m.Number(2, step)
	m.Bytes(what, value)
	return m
}

// The kinds of events.
const (
	version = 3
	summary = 5
	session = 7
)

// scalar is one value of a tensorflow.Summary.
func scalar(tag string, v float64) []byte {
	var value protobuf.Message
	value.Text(1, tag)
	value.Float(2, float32(v))
	return value
}

// picture is an image of a tensorflow.Summary.
func picture(tag string, width, height int, png []byte) []byte {
	var image protobuf.Message
	image.Number(1, height)
	image.Number(2, width)
	image.Number(3, 4) // red, green, blue, opacity
	image.Bytes(4, png)
	var value protobuf.Message
	value.Text(1, tag)
	value.Bytes(4, image)
	return value
}

// started is tensorflow.SessionLog's START: what was shown of this step and later ones is void.
func started() []byte {
	var m protobuf.Message
	m.Number(1, 1)
	return m
}
