package picture

import (
	"bytes"
	"image"
	"image/png"
	"os"
	"testing"

	"cmae/internal/evaluate/encoder"
	"cmae/internal/recipe"
	"cmae/internal/report/canvas"
)

func open(t testing.TB, c recipe.Pretrain, from string) *encoder.Encoder {
	t.Helper()
	e, err := encoder.Open(encoder.Options{Config: &c, From: from, Maps: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}

// readPNG decodes a written picture.
func readPNG(t testing.TB, path string) (image.Image, []byte) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return img, text
}

// plainGrid is a picture of one row of empty tiles.
func plainGrid(columns int) *image.RGBA {
	row := canvas.Row{}
	for range columns {
		row.Tiles = append(row.Tiles, image.NewRGBA(image.Rect(0, 0, 96, 96)))
	}
	return canvas.Grid{Columns: make([]string, columns), Rows: []canvas.Row{row}}.Draw()
}
