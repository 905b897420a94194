package picture

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"

	"github.com/google/renameio/v2"
)

// Folder is where the pictures of a run folder go.
func Folder(run string) string { return filepath.Join(run, "pictures") }

// savePNG writes a picture as a whole or not at all.
func savePNG(path string, img image.Image) error {
	var text bytes.Buffer
	if err := png.Encode(&text, img); err != nil {
		return fmt.Errorf("picture: encode %q: %w", path, err)
	}
	return save(path, text.Bytes())
}

func save(path string, content []byte) error {
	err := os.MkdirAll(filepath.Dir(path), 0o755)
	if err == nil {
		err = renameio.WriteFile(path, content, 0o644)
	}
	if err != nil {
		return fmt.Errorf("picture: write: %w", err)
	}
	return nil
}
