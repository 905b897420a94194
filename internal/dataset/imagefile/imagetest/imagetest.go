// Package imagetest fuzzes the decoders of image files.
package imagetest

import (
	"os"
	"path/filepath"
	"testing"
)

// MaxPixels is the limit that Fuzz holds decoders to.
const MaxPixels = 1 << 12

// Fuzz begins with the files of imagefile/testdata of a kind, such as "*.jpg", in the tests of a
// package beside imagefile: whatever a file holds, decode refuses it or gives the size of a picture
// within MaxPixels.
func Fuzz(f *testing.F, kind string, decode func(data []byte) (width, height int, err error)) {
	paths, err := filepath.Glob(filepath.Join("../imagefile/testdata", kind))
	if err != nil || len(paths) == 0 {
		f.Fatalf("no seeds: %v", err)
	}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		width, height, err := decode(data)
		if err == nil && (width < 1 || height < 1 || width*height > MaxPixels) {
			t.Errorf("accepted %dx%d", width, height)
		}
	})
}
