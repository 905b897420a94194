package safetensors

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"cmae/internal/atomicfile"
)

// entry is a tensor's place in the header as JSON.
type entry struct {
	DType   string   `json:"dtype"`
	Shape   []int    `json:"shape"`
	Offsets [2]int64 `json:"data_offsets"`
}

// WriteFile writes a file whole or not at all: to a temporary name, synced, then renamed.
func WriteFile(path string, tensors []Tensor, metadata map[string]string) (err error) {
	pending, err := atomicfile.Create(path)
	if err != nil {
		return fmt.Errorf("safetensors: write %q: %w", path, err)
	}
	defer func() { err = errors.Join(err, pending.Cleanup()) }()
	if err := Write(pending, tensors, metadata); err != nil {
		return fmt.Errorf("safetensors: write %q: %w", path, err)
	}
	if err := pending.CloseAtomicallyReplace(); err != nil {
		return fmt.Errorf("safetensors: write %q: %w", path, err)
	}
	return nil
}

// Write writes tensors, in any order, and metadata (nil for none). Equal contents give equal bytes:
// names are sorted, after element size, largest first, which keeps every tensor aligned; the header
// is padded with spaces to a multiple of 8.
func Write(w io.Writer, tensors []Tensor, metadata map[string]string) error {
	ordered := slices.SortedFunc(slices.Values(tensors), func(a, b Tensor) int {
		return cmp.Or(
			-cmp.Compare(elementSize[a.DType], elementSize[b.DType]), cmp.Compare(a.Name, b.Name),
		)
	})
	header, err := encodeHeader(ordered, metadata)
	if err != nil {
		return err
	}
	if _, err := w.Write(header); err != nil {
		return err
	}
	for _, t := range ordered {
		if _, err := w.Write(t.Data); err != nil {
			return fmt.Errorf("tensor %q: %w", t.Name, err)
		}
	}
	return nil
}

// encodeHeader returns N and the JSON, or why a reader would refuse the file.
func encodeHeader(tensors []Tensor, metadata map[string]string) ([]byte, error) {
	header := map[string]any{} // encoding/json sorts the keys of maps
	if metadata != nil {
		header[metadataKey] = metadata
	}
	for k, v := range metadata {
		if !readable(k) || !readable(v) {
			return nil, fmt.Errorf("metadata %q: not valid UTF-8", k)
		}
	}
	var end int64
	for _, t := range tensors {
		size, err := byteSize(t.DType, t.Shape)
		switch {
		case err != nil:
			return nil, fmt.Errorf("tensor %q: %w", t.Name, err)
		case size != int64(len(t.Data)):
			return nil, fmt.Errorf(
				"tensor %q: has %d bytes, but %s %s needs %d", t.Name, len(t.Data), t.DType,
				shapeText(t.Shape), size,
			)
		case !readable(t.Name):
			return nil, fmt.Errorf("tensor %q: name is not valid UTF-8", t.Name)
		case t.Name == metadataKey || header[t.Name] != nil:
			return nil, fmt.Errorf("tensor %q: name is taken", t.Name)
		}
		header[t.Name] = entry{t.DType, append([]int{}, t.Shape...), [2]int64{end, end + size}}
		end += size
	}
	text, err := json.Marshal(header)
	if err != nil {
		return nil, err
	}
	text = append(text, bytes.Repeat([]byte{' '}, -len(text)&7)...)
	if len(text) > maxHeader {
		return nil, fmt.Errorf("header of %d bytes exceeds the limit of %d", len(text), maxHeader)
	}
	return append(binary.LittleEndian.AppendUint64(nil, uint64(len(text))), text...), nil
}

// readable says whether a string comes back from JSON as it was.
func readable(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsRune(s, utf8.RuneError)
}
