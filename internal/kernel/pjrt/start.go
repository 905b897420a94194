package pjrt

import (
	"errors"
	"fmt"
	"math"
	"os"
	"strconv"
	"unsafe"
)

// MemoryVariable names the environment variable that says which share of a GPU's memory, above 0
// and at most 1, the plugin takes when it starts.
const MemoryVariable = "CMAE_XLA_MEMORY"

// ErrOption is what makes an error one of the environment, and not the plugin's.
var ErrOption = errors.New("pjrt: option")

// startOptions are what the environment says of a client. A plugin for CPUs takes no memory at its
// start.
func (p *Plugin) startOptions() ([]namedValue, error) {
	text := os.Getenv(MemoryVariable)
	if text == "" || p.kind.Name == cpu {
		return nil, nil
	}
	share, err := strconv.ParseFloat(text, 32)
	if err != nil || !(share > 0 && share <= 1) {
		return nil, fmt.Errorf(
			"%w: %s: %q is no share of a GPU's memory; set it to a number above 0 and up to 1, "+
				"as 0.9",
			ErrOption, MemoryVariable, text,
		)
	}
	return []namedValue{numberValue("memory_fraction", float32(share))}, nil
}

// namedValue is a PJRT_NamedValue. Who passes a text keeps it alive meanwhile.
type namedValue struct {
	head
	name  *byte
	nameN uintptr
	kind  int32
	value uintptr // of a text its address, of a number its bits
	n     uintptr // the length of a text, else 1
}

// The kinds of a value, a PJRT_NamedValue_Type.
const (
	textKind   = 0
	numberKind = 3 // float
)

func textValue(name, text string) namedValue {
	address := uintptr(unsafe.Pointer(unsafe.StringData(text)))
	return newValue(name, textKind, address, uintptr(len(text)))
}

func numberValue(name string, number float32) namedValue {
	return newValue(name, numberKind, uintptr(math.Float32bits(number)), 1)
}

func newValue(name string, kind int32, value, n uintptr) namedValue {
	v := namedValue{
		name: unsafe.StringData(name), nameN: uintptr(len(name)), kind: kind, value: value, n: n,
	}
	v.size = unsafe.Sizeof(v)
	return v
}
