package canvas

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"

	"cmae/internal/atomicfile"
)

// SavePNG writes a picture whole or not at all, and the folders above it.
func SavePNG(path string, img image.Image) error {
	var text bytes.Buffer
	if err := png.Encode(&text, img); err != nil {
		return fmt.Errorf("canvas: encode %q: %w", path, err)
	}
	return Save(path, text.Bytes())
}

// Save is SavePNG of a file that is encoded already.
func Save(path string, content []byte) error {
	err := os.MkdirAll(filepath.Dir(path), 0o755)
	if err == nil {
		err = atomicfile.Write(path, content, 0o644)
	}
	if err != nil {
		return fmt.Errorf("canvas: save picture: %w", err)
	}
	return nil
}
