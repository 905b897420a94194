package safetensors

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	oracle "github.com/nlpodyssey/safetensors"
)

// raw is a file of a header, as it stands, and data bytes.
func raw(header string, data int) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(b, header...), make([]byte, data)...)
}

func one(fields string) string { return `{"a":{` + fields + `}}` }

func parse(b []byte) (*File, error) {
	return Parse("t.safetensors", bytes.NewReader(b), int64(len(b)))
}

// hostile lists files that must be refused, with a word of the reason.
var hostile = []struct {
	name, want string
	file       []byte
	oracleToo  bool // the other implementation refuses it as well
}{
	{"empty", "cannot hold", nil, true},
	{"short", "cannot hold", []byte{1, 2, 3}, true},
	{"header beyond file", "in a file of", binary.LittleEndian.AppendUint64(nil, 1), true},
	{"header of 2^64-1", "in a file of", bytes.Repeat([]byte{255}, 16), true},
	{"header beyond limit", "exceeds the limit", raw(strings.Repeat(" ", maxHeader+1), 0), true},
	{"empty header", "begin with '{'", raw("", 0), true},
	{"leading space", "begin with '{'", raw(` {}`, 0), false},
	{"array", "begin with '{'", raw(`[]`, 0), true},
	{"truncated JSON", "unexpected", raw(`{"a":`, 0), true},
	{"after the brace", "goes on", raw(`{} {}`, 0), true},
	{"NUL padding", "goes on", raw("{}\x00\x00", 0), true},
	{
		"bad UTF-8", "UTF-8",
		raw("{\"\xff\":{\"dtype\":\"U8\",\"shape\":[],\"data_offsets\":[0,1]}}", 1), false,
	},
	{
		"half a surrogate", "broken",
		raw(`{"\ud800":{"dtype":"U8","shape":[],"data_offsets":[0,1]}}`, 1), false,
	},
	{
		"duplicate tensor", "duplicate",
		raw(
			`{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}`,
			1,
		),
		false,
	},
	{
		"duplicate by escape", "duplicate",
		raw(
			`{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"\u0061":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}`,
			1,
		),
		false,
	},
	{
		"duplicate field", "duplicate",
		raw(one(`"dtype":"U8","dtype":"U8","shape":[1],"data_offsets":[0,1]`), 1), false,
	},
	{"duplicate metadata", "duplicate", raw(`{"__metadata__":{},"__metadata__":{}}`, 0), false},
	{"missing field", "needs dtype", raw(one(`"dtype":"U8","shape":[1]`), 1), true},
	{
		"unknown field", "unknown field",
		raw(one(`"dtype":"U8","shape":[1],"data_offsets":[0,1],"x":1`), 1), false,
	},
	{
		"unknown dtype", "not supported",
		raw(one(`"dtype":"F4","shape":[1],"data_offsets":[0,1]`), 1), true,
	},
	{
		"dtype not a string", "not a string",
		raw(one(`"dtype":1,"shape":[1],"data_offsets":[0,1]`), 1), true,
	},
	{"tensor not an object", "expected '{'", raw(`{"a":3}`, 0), true},
	{
		"negative size", "not an integer",
		raw(one(`"dtype":"U8","shape":[-1],"data_offsets":[0,1]`), 1), true,
	},
	{
		"negative offset", "not an integer",
		raw(one(`"dtype":"U8","shape":[1],"data_offsets":[-1,0]`), 1), true,
	},
	{
		"fraction", "not an integer",
		raw(one(`"dtype":"U8","shape":[1.5],"data_offsets":[0,1]`), 1), true,
	},
	{
		"2^63", "not an integer",
		raw(one(`"dtype":"U8","shape":[9223372036854775808],"data_offsets":[0,1]`), 1), false,
	},
	{
		"product overflow", "overflows",
		raw(one(`"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]`), 0), true,
	},
	{
		"product overflow with 0", "overflows",
		raw(one(`"dtype":"F32","shape":[0,4294967296,4294967296],"data_offsets":[0,0]`), 0), false,
	},
	{
		"byte overflow", "overflows",
		raw(one(`"dtype":"F64","shape":[2305843009213693952],"data_offsets":[0,0]`), 0), true,
	},
	{
		"three offsets", "3 numbers",
		raw(one(`"dtype":"U8","shape":[1],"data_offsets":[0,1,2]`), 1), true,
	},
	{
		"end before begin", "before its begin",
		raw(one(`"dtype":"U8","shape":[1],"data_offsets":[1,0]`), 1), true,
	},
	{"beyond data", "cut off", raw(one(`"dtype":"U8","shape":[9],"data_offsets":[0,9]`), 1), true},
	{
		"size mismatch", "needs 4", raw(one(`"dtype":"F32","shape":[],"data_offsets":[0,2]`), 2),
		true,
	},
	{
		"overlap", "overlaps",
		raw(
			`{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}`,
			3,
		),
		true,
	},
	{
		"empty inside another", "overlaps",
		raw(
			`{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[0],"data_offsets":[1,1]}}`,
			2,
		),
		true,
	},
	{
		"hole", "hole of 1",
		raw(
			`{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"U8","shape":[1],"data_offsets":[2,3]}}`,
			3,
		),
		true,
	},
	{"trailing", "2 trailing", raw(one(`"dtype":"U8","shape":[1],"data_offsets":[0,1]`), 3), true},
	{"data of nothing", "1 trailing", raw(`{}`, 1), true},
	{"depth bomb", "not an integer", raw(one(`"shape":`+strings.Repeat("[", 1<<20)), 0), true},
	{"metadata number", "not a string", raw(`{"__metadata__":{"a":1}}`, 0), true},
	{"metadata text", "expected '{'", raw(`{"__metadata__":"a"}`, 0), true},
}

func TestHostileHeaders(t *testing.T) {
	for _, c := range hostile {
		t.Run(c.name, func(t *testing.T) {
			_, err := parse(c.file)
			if !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), c.want) ||
				!strings.Contains(err.Error(), "t.safetensors") {
				t.Errorf("got %v, want ErrFormat naming the file and %q", err, c.want)
			}
			if len(err.Error()) > 400 {
				t.Errorf("message of %d bytes", len(err.Error()))
			}
			if _, err := oracle.Deserialize(c.file); c.oracleToo && err == nil {
				t.Error("the oracle accepts it: a reason to look again")
			}
		})
	}
	_, err := parse(raw(one(`"dtype":"F32","shape":[],"data_offsets":[0,2]`), 2))
	if !strings.Contains(err.Error(), `tensor "a"`) {
		t.Errorf("%v does not name the tensor", err)
	}
}

func TestAccepted(t *testing.T) {
	for name, file := range map[string][]byte{
		"nothing": raw(`{}   `, 0),
		"zero sizes at one offset": raw(
			`{"b":{"dtype":"U8","shape":[0,3],"data_offsets":[0,0]},"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"c":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"d":{"dtype":"U8","shape":[0],"data_offsets":[2,2]}}`,
			2,
		),
		"any order, odd names": raw(
			`{"../../b":{"dtype":"U8","shape":[1],"data_offsets":[1,2]},"__metadata__":{"k":"v"},"":{"dtype":"BOOL","shape":[],"data_offsets":[0,1]}}`,
			2,
		),
	} {
		f, err := parse(file)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, n := range f.Names() {
			if _, err := f.Tensor(n); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// sample has every element size, a scalar, an empty tensor and names that JSON must escape.
func sample() []Tensor {
	tensors := []Tensor{
		FromFloat32s(
			"w", []int{2, 2},
			[]float32{1, -2, float32(math.Inf(1)), math.Float32frombits(0x7fc00001)},
		),
		FromFloat32s("scalar", nil, []float32{7}),
		FromFloat32s(`<"é\n`, []int{0, 5}, nil),
		{Name: "b", DType: "U8", Shape: []int{3}, Data: []byte{1, 2, 3}},
		{
			Name: "d", DType: "F64", Shape: []int{1},
			Data: binary.LittleEndian.AppendUint64(nil, math.Float64bits(0.1)),
		},
		{Name: "h", DType: "F16", Shape: []int{1}, Data: []byte{0, 0x3c}},
	}
	return tensors
}

func TestRoundTrip(t *testing.T) {
	metadata := map[string]string{"format": "pt", "é": "<&>"}
	path := filepath.Join(t.TempDir(), "x.safetensors")
	if err := WriteFile(path, sample(), metadata); err != nil {
		t.Fatal(err)
	}
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if f.data%8 != 0 {
		t.Errorf("data begins at %d", f.data)
	}
	if diff := cmp.Diff(metadata, f.Metadata()); diff != "" {
		t.Error(diff)
	}
	if want := []string{`<"é\n`, "b", "d", "h", "scalar", "w"}; !slices.Equal(f.Names(), want) {
		t.Errorf("names %q", f.Names())
	}
	for _, want := range sample() {
		got, err := f.Tensor(want.Name)
		if err != nil || got.DType != want.DType || !slices.Equal(got.Shape, want.Shape) ||
			!bytes.Equal(got.Data, want.Data) {
			t.Errorf("%q: got %v, %v", want.Name, got, err)
		}
	}
	if v, err := f.Float32s("d"); err != nil || v[0] != 0.1 {
		t.Errorf("F64: %v %v", v, err)
	}
	if v, err := f.Float64s("d"); err != nil || v[0] != 0.1 {
		t.Errorf("F64 unrounded: %v %v", v, err)
	}
	if v, err := f.Float64s("w"); err != nil || v[1] != -2 {
		t.Errorf("F32 as float64: %v %v", v, err)
	}
	if _, err := f.Float32s("b"); err == nil || !strings.Contains(err.Error(), `"b"`) {
		t.Errorf("U8 as float: %v", err)
	}
	if _, err := f.Tensor("nothing"); err == nil {
		t.Error("read a tensor that is not there")
	}
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	reversed := sample()
	slices.Reverse(reversed)
	var again bytes.Buffer
	if err := Write(&again, reversed, metadata); err != nil || !bytes.Equal(again.Bytes(), file) {
		t.Errorf("bytes depend on the order given (%v)", err)
	}
	other, err := oracle.Deserialize(file)
	if err != nil || other.Len() != len(f.Names()) {
		t.Fatalf("oracle: %d tensors, %v", other.Len(), err)
	}
	for _, n := range f.Names() {
		if v, ok := other.Tensor(n); !ok || !bytes.Equal(v.Data(), must(f.Tensor(n)).Data) {
			t.Errorf("oracle reads %q differently", n)
		}
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestWriteRefuses(t *testing.T) {
	for name, tensors := range map[string][]Tensor{
		"twice":    {FromFloat32s("a", nil, []float32{1}), FromFloat32s("a", nil, []float32{1})},
		"reserved": {FromFloat32s("__metadata__", nil, []float32{1})},
		"UTF-8":    {FromFloat32s("\xff", nil, []float32{1})},
		"dtype":    {{Name: "a", DType: "float", Shape: []int{1}, Data: []byte{1}}},
		"size":     {{Name: "a", DType: "F32", Shape: []int{1}, Data: []byte{1}}},
		"negative": {{Name: "a", DType: "U8", Shape: []int{-1}}},
	} {
		path := filepath.Join(t.TempDir(), "x")
		if err := WriteFile(path, tensors, nil); err == nil {
			t.Errorf("%s: written", name)
		}
		if left, _ := os.ReadDir(filepath.Dir(path)); len(left) != 0 {
			t.Errorf("%s: left %v behind", name, left)
		}
	}
	if Write(io.Discard, nil, map[string]string{"a": "\xff"}) == nil {
		t.Error("metadata that is not UTF-8 was written")
	}
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	if _, err := Open(filepath.Join(dir, "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing: %v", err)
	}
	if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), "regular") {
		t.Errorf("directory: %v", err)
	}
}

func TestShrunkFile(t *testing.T) {
	b := raw(one(`"dtype":"U8","shape":[9],"data_offsets":[0,9]`), 9)
	f, err := Parse("t", bytes.NewReader(b[:len(b)-1]), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Tensor("a"); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("got %v", err)
	}
}

func TestHalf(t *testing.T) {
	for bits, want := range map[uint16]float32{
		0: 0, 1: 0x1p-24, 0x03ff: 1023 * 0x1p-24, 0x0400: 0x1p-14, 0x3c00: 1, 0xbc00: -1,
		0x3555: 0.333251953125, 0x7bff: 65504, 0x7c00: float32(math.Inf(1)),
		0xfc00: float32(math.Inf(-1)),
	} {
		if got := half(bits); got != want {
			t.Errorf("half(%#04x) = %v, want %v", bits, got, want)
		}
	}
	if !math.Signbit(float64(half(0x8000))) || half(0x7e00) == half(0x7e00) {
		t.Error("negative zero or NaN lost")
	}
	brain := Tensor{Name: "a", DType: "BF16", Shape: []int{2}, Data: []byte{0x80, 0x3f, 0x20, 0xc0}}
	if got := must(brain.Float32s()); !slices.Equal(got, []float32{1, -2.5}) {
		t.Errorf("BF16: %v", got)
	}
}

// FuzzParse: no bytes make Parse panic; what it accepts, the oracle accepts, and writing it again
// changes nothing.
func FuzzParse(f *testing.F) {
	for _, c := range hostile {
		if len(c.file) < 4096 {
			f.Add(c.file)
		}
	}
	var b bytes.Buffer
	if err := Write(&b, sample(), map[string]string{"a": "b"}); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Fuzz(func(t *testing.T, b []byte) {
		file, err := parse(b)
		if err != nil {
			return
		}
		if _, err := oracle.Deserialize(b); err != nil && !lacking(file) {
			t.Errorf("oracle refuses: %v", err)
		}
		var tensors []Tensor
		for _, n := range file.Names() {
			tensors = append(tensors, must(file.Tensor(n)))
		}
		var first, second bytes.Buffer
		if err := Write(&first, tensors, file.Metadata()); err != nil {
			t.Fatal(err)
		}
		again := must(parse(first.Bytes()))
		for i, n := range again.Names() {
			tensors[i] = must(again.Tensor(n))
		}
		if err := Write(&second, tensors, again.Metadata()); err != nil ||
			!bytes.Equal(first.Bytes(), second.Bytes()) {
			t.Errorf("second writing differs: %v", err)
		}
	})
}

// lacking says whether a file uses types that the oracle does not know.
func lacking(f *File) bool {
	return slices.ContainsFunc(f.Names(), func(n string) bool {
		dtype, _, _ := f.Info(n)
		return strings.HasPrefix(dtype, "F8_") || dtype == "C64"
	})
}
