package dataset

import (
	"fmt"
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
