package pjrt

import (
	"errors"
	"math"
	"strings"
	"testing"
)

func TestTheShareOfMemory(t *testing.T) {
	gpu := &Plugin{kind: Kinds()[0]}
	if options, err := gpu.startOptions(); err != nil || options != nil {
		t.Errorf("unasked: %v, %v", options, err)
	}
	for text, share := range map[string]float32{
		"0.9": 0.9, "1": 1, "0": 0, "1.1": 0, "NaN": 0, "x": 0,
	} {
		t.Setenv(MemoryVariable, text)
		options, err := gpu.startOptions()
		if share == 0 {
			oneLineWith(t, err, MemoryVariable, text)
			if broken := (Found{Path: "p.so"}).Broken(err); !errors.Is(broken, ErrOption) ||
				strings.Contains(broken.Error(), "p.so") {
				t.Errorf("the plugin is blamed: %v", broken)
			}
			continue
		}
		if err != nil || len(options) != 1 ||
			math.Float32frombits(uint32(options[0].value)) != share {
			t.Errorf("%s: %v, %v", text, options, err)
		}
	}
}

// TestCPUsTakeNoShare: their plugin refuses options that it does not know.
func TestCPUsTakeNoShare(t *testing.T) {
	t.Setenv(MemoryVariable, "0.5")
	if c := start(t); c.GPU() {
		t.Skip("there is a GPU")
	}
}
