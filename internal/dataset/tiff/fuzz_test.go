package tiff

import (
	"os"
	"path/filepath"
	"testing"
)

// FuzzDecode: whatever a file holds, it is refused or has a picture within the limit.
func FuzzDecode(f *testing.F) {
	const limit = 1 << 12
	paths, err := filepath.Glob("../imagefile/testdata/*.tif")
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
		p, err := Decode(data, limit, Bands{})
		if err == nil && (p.Width < 1 || p.Height < 1 || p.Width*p.Height > limit) {
			t.Errorf("accepted %dx%d", p.Width, p.Height)
		}
	})
}
