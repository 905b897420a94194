package safetensors

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
)

// maxHeader bounds the memory that a header can ask for. A ViT-L run's checkpoint has a header of
// about 0.2 MB.
const maxHeader = 16 << 20

// File is an open safetensors file whose header has been checked. Its tensors are read when asked
// for. Its methods may be called from several goroutines at once.
type File struct {
	name     string // for messages
	reader   io.ReaderAt
	closer   io.Closer
	data     int64 // where the header's offsets count from
	tensors  map[string]info
	metadata map[string]string
}

// Open reads and checks the header of the regular file at path. A file that breaks the format gives
// ErrFormat.
func Open(path string) (_ *File, err error) {
	stat, err := os.Stat(path) // before opening: opening a FIFO would block
	if err != nil {
		return nil, fmt.Errorf("safetensors: open: %w", err)
	}
	if !stat.Mode().IsRegular() {
		return nil, fmt.Errorf("safetensors: open %q: not a regular file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("safetensors: open: %w", err)
	}
	file, err := Parse(path, f, stat.Size())
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	file.closer = f
	return file, nil
}

// Parse is Open for size bytes held by r. name stands in errors.
func Parse(name string, r io.ReaderAt, size int64) (*File, error) {
	raw, err := readHeader(r, size)
	if err != nil {
		return nil, fmt.Errorf("safetensors: open %q: %w", name, err)
	}
	f := &File{name: name, reader: r, data: 8 + int64(len(raw))}
	if f.tensors, f.metadata, err = parseHeader(raw); err == nil {
		err = checkLayout(f.tensors, size-f.data)
	}
	if err != nil {
		return nil, fmt.Errorf("safetensors: open %q: %w: %w", name, ErrFormat, err)
	}
	return f, nil
}

func readHeader(r io.ReaderAt, size int64) ([]byte, error) {
	if size < 8 {
		return nil, fmt.Errorf("%w: %d bytes cannot hold the header's length", ErrFormat, size)
	}
	var prefix [8]byte
	if _, err := r.ReadAt(prefix[:], 0); err != nil {
		return nil, err
	}
	n := binary.LittleEndian.Uint64(prefix[:])
	switch {
	case n > uint64(size-8):
		return nil, fmt.Errorf("%w: header of %d bytes in a file of %d", ErrFormat, n, size)
	case n > maxHeader:
		return nil, fmt.Errorf(
			"%w: header of %d bytes exceeds the limit of %d", ErrFormat, n, maxHeader,
		)
	}
	raw := make([]byte, n)
	if err := readFull(r, raw, 8); err != nil {
		return nil, err
	}
	return raw, nil
}

// Names returns the names of all tensors, sorted.
func (f *File) Names() []string { return slices.Sorted(maps.Keys(f.tensors)) }

// Metadata returns a copy of the header's free strings; nil if it has none.
func (f *File) Metadata() map[string]string { return maps.Clone(f.metadata) }

// Info returns the type and shape of a tensor, and whether the file has it.
func (f *File) Info(name string) (dtype string, shape []int, ok bool) {
	t, ok := f.tensors[name]
	return t.dtype, slices.Clone(t.shape), ok
}

// Tensor reads one tensor.
func (f *File) Tensor(name string) (Tensor, error) {
	t, ok := f.tensors[name]
	if !ok {
		return Tensor{}, fmt.Errorf("safetensors: read %q: no tensor %q", f.name, name)
	}
	data := make([]byte, t.end-t.begin)
	if err := readFull(f.reader, data, f.data+t.begin); err != nil {
		return Tensor{}, fmt.Errorf("safetensors: read %q: tensor %q: %w", f.name, name, err)
	}
	return Tensor{Name: name, DType: t.dtype, Shape: slices.Clone(t.shape), Data: data}, nil
}

// Float32s returns the values of a tensor of type F32, F64, F16 or BF16 as float32.
func (f *File) Float32s(name string) ([]float32, error) {
	return read(f, name, Tensor.Float32s)
}

// Float64s is Float32s without rounding.
func (f *File) Float64s(name string) ([]float64, error) {
	return read(f, name, Tensor.Float64s)
}

func read[V any](f *File, name string, floats func(Tensor) ([]V, error)) ([]V, error) {
	t, err := f.Tensor(name)
	if err != nil {
		return nil, err
	}
	values, err := floats(t)
	if err != nil {
		return nil, fmt.Errorf("safetensors: read %q: %w", f.name, err)
	}
	return values, nil
}

// Close closes what Open opened.
func (f *File) Close() error {
	if f.closer == nil {
		return nil
	}
	return f.closer.Close()
}

// readFull fills p from offset. A file that has shrunk since its header was read gives
// io.ErrUnexpectedEOF.
func readFull(r io.ReaderAt, p []byte, offset int64) error {
	_, err := io.ReadFull(io.NewSectionReader(r, offset, int64(len(p))), p)
	if errors.Is(err, io.EOF) && len(p) > 0 {
		return io.ErrUnexpectedEOF
	}
	return err
}
