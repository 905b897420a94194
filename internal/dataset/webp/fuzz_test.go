package webp

import (
	"os"
	"path/filepath"
	"testing"
)

// FuzzDecode: whatever a file holds, it is refused or has a picture within the limit.
func FuzzDecode(f *testing.F) {
	const limit = 1 << 12
	paths, err := filepath.Glob("../imagefile/testdata/*.webp")
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
		img, _, err := Decode(data, limit)
		if err != nil {
			return
		}
		if size := img.Bounds().Size(); size.X < 1 || size.Y < 1 || size.X*size.Y > limit {
			t.Errorf("accepted %v", size)
		}
		Metadata(data)
	})
}
