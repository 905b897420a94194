package pack

import (
	"strings"
	"testing"
)

func TestFits(t *testing.T) {
	for _, c := range []struct {
		needed, free int64
		ok           bool
	}{{0, 0, true}, {100e9, 100e9, true}, {110e9, 100e9, true}, {130e9, 100e9, false}} {
		err := fits("/cache/a.pack", c.needed, c.free)
		if (err == nil) != c.ok {
			t.Errorf("%d of %d: %v", c.needed, c.free, err)
		}
		if err != nil && (!strings.Contains(err.Error(), "prune") ||
			!strings.Contains(err.Error(), "130.0 GB, and its disk has 100.0 GB")) {
			t.Error(err)
		}
	}
	if free, known := freeBytes(t.TempDir() + "/a.pack"); !known || free <= 0 {
		t.Errorf("%d bytes free", free)
	}
}
