package dataset

import (
	"fmt"
	"strings"
	"testing"
)

func TestBytesNeeded(t *testing.T) {
	files := map[string][]byte{}
	for i := range fewFiles {
		files[fmt.Sprintf("%04d.png", i)] = gray8(uint8(i))
	}
	files["0016.png"] = []byte("broken") // one that is looked at
	c := configFor(t, write(t, t.TempDir(), files))
	in, err := c.read(nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := in.train.bytesNeeded(); got != fewFiles*3*8*8 {
		t.Errorf("%d files of 192 bytes take %d", fewFiles, got)
	}
	in.train.entries = in.train.entries[1:]
	if got := in.train.bytesNeeded(); got != 0 {
		t.Errorf("few files were asked for: %d", got)
	}
}

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
