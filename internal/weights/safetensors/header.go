package safetensors

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// metadataKey is the one name in a header that is not a tensor's.
const metadataKey = "__metadata__"

// info is what the header says of one tensor; begin and end count from the first byte of data.
type info struct {
	dtype      string
	shape      []int
	begin, end int64
}

// headerReader walks the header's tokens by its fixed grammar. A token that does not belong ends
// the walk at once, so nesting cannot be deep, and duplicate keys, which encoding/json would merge
// in silence, are seen.
type headerReader struct{ *json.Decoder }

// parseHeader reads the JSON of a header: every tensor's entry by name, and the metadata.
func parseHeader(raw []byte) (map[string]info, map[string]string, error) {
	if len(raw) == 0 || raw[0] != '{' {
		return nil, nil, errors.New("header does not begin with '{'")
	}
	if !utf8.Valid(raw) {
		return nil, nil, errors.New("header is not valid UTF-8")
	}
	r := headerReader{json.NewDecoder(bytes.NewReader(raw))}
	r.UseNumber()
	tensors := map[string]info{}
	var metadata map[string]string
	err := r.object(func(key string) (err error) {
		if key == metadataKey {
			metadata, err = r.metadata()
			return err
		}
		tensors[key], err = r.tensor()
		if err != nil {
			return fmt.Errorf("tensor %.80q: %w", key, err)
		}
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	if rest := raw[r.InputOffset():]; len(bytes.Trim(rest, " ")) > 0 {
		return nil, nil, errors.New("header goes on after its closing '}'")
	}
	return tensors, metadata, nil
}

func (r headerReader) metadata() (map[string]string, error) {
	entries := map[string]string{}
	err := r.object(func(key string) (err error) {
		entries[key], err = r.text()
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("%s must be strings by name: %w", metadataKey, err)
	}
	return entries, nil
}

func (r headerReader) tensor() (info, error) {
	var t info
	var offsets []int
	seen := 0
	err := r.object(func(key string) (err error) {
		seen++
		switch key {
		case "dtype":
			t.dtype, err = r.text()
		case "shape":
			t.shape, err = r.integers()
		case "data_offsets":
			offsets, err = r.integers()
		default:
			return fmt.Errorf("unknown field %.40q", key)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
		return nil
	})
	switch {
	case err != nil:
		return t, err
	case seen != 3: // unknown and repeated fields were refused
		return t, errors.New("needs dtype, shape and data_offsets")
	case len(offsets) != 2:
		return t, fmt.Errorf("data_offsets has %d numbers, not 2", len(offsets))
	}
	t.begin, t.end = int64(offsets[0]), int64(offsets[1])
	return t, nil
}

// next is Token for a header that cannot end yet.
func (r headerReader) next() (json.Token, error) {
	token, err := r.Token()
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return token, err
}

// object reads one object and calls value for each key, which must be new and decodable; value
// consumes what the key names.
func (r headerReader) object(value func(key string) error) error {
	if err := r.delimiter('{'); err != nil {
		return err
	}
	seen := map[string]bool{}
	for r.More() {
		key, err := r.text()
		if err != nil {
			return err
		}
		if seen[key] {
			return fmt.Errorf("duplicate key %.80q", key)
		}
		seen[key] = true
		if err := value(key); err != nil {
			return err
		}
	}
	return r.delimiter('}')
}

// integers reads an array of non-negative integers. It is never nil.
func (r headerReader) integers() ([]int, error) {
	if err := r.delimiter('['); err != nil {
		return nil, err
	}
	list := []int{}
	for r.More() {
		token, err := r.next()
		if err != nil {
			return nil, err
		}
		number, ok := token.(json.Number)
		if !ok {
			return nil, fmt.Errorf("%.40q is not an integer", fmt.Sprint(token))
		}
		n, err := strconv.ParseUint(number.String(), 10, strconv.IntSize-1)
		if err != nil {
			return nil, fmt.Errorf("%.40q is not an integer from 0 to 2^63-1", number.String())
		}
		list = append(list, int(n))
	}
	return list, r.delimiter(']')
}

// text reads a string. encoding/json turns half a surrogate pair into U+FFFD, which would let two
// names become one.
func (r headerReader) text() (string, error) {
	token, err := r.next()
	if err != nil {
		return "", err
	}
	s, ok := token.(string)
	if !ok {
		return "", fmt.Errorf("%.40q is not a string", fmt.Sprint(token))
	}
	if strings.ContainsRune(s, utf8.RuneError) {
		return "", fmt.Errorf("%.80q holds a broken character", s)
	}
	return s, nil
}

func (r headerReader) delimiter(want json.Delim) error {
	token, err := r.next()
	if err != nil {
		return err
	}
	if token != want {
		return fmt.Errorf("expected '%c', found %.40q", want, fmt.Sprint(token))
	}
	return nil
}
