package dataset

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// write puts files below dir, with the folders they need.
func write(t testing.TB, dir string, files map[string][]byte) string {
	t.Helper()
	for name, data := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// pngOf encodes an image of one colour.
func pngOf(width, height int, c color.Color) []byte {
	img := image.NewNRGBA(image.Rect(0, 0, width, height))
	for i := range width * height {
		img.Set(i%width, i/width, c)
	}
	return encodePNG(img)
}

func encodePNG(img image.Image) []byte {
	var out bytes.Buffer
	if err := png.Encode(&out, img); err != nil {
		panic(err)
	}
	return out.Bytes()
}

// gray8 is an 8x8 PNG of one gray.
func gray8(v uint8) []byte { return pngOf(8, 8, color.Gray{v}) }

// smallFolder is an image folder with two classes, n training images each and one to test, all
// different.
func smallFolder(t testing.TB, n int) string {
	files := map[string][]byte{"val/cat/a.png": gray8(200), "val/dog/a.png": gray8(201)}
	for i := range n {
		files[fmt.Sprintf("train/cat/%03d.png", i)] = gray8(uint8(2 * i))
		files[fmt.Sprintf("train/dog/%03d.png", i)] = gray8(uint8(2*i + 1))
	}
	return write(t, t.TempDir(), files)
}

// configFor reads path with a cache of its own.
func configFor(t testing.TB, path string) Config {
	c := Default()
	c.Path, c.CacheDir = path, filepath.Join(t.TempDir(), "cache")
	return c
}

func mustOpen(t testing.TB, c Config) *Data {
	t.Helper()
	data, err := Open(context.Background(), c, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// wantFault checks that an error is the data's fault, is one line and says what it should.
func wantFault(t testing.TB, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one with %q", parts)
	}
	if !isData(err) || strings.Contains(err.Error(), "\n") {
		t.Errorf("error is no one-line fault of the data: %v", err)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error %q lacks %q", err, part)
		}
	}
}

// firstPixel is the top left pixel of image i.
func firstPixel(s *Set, i int) [3]uint8 { return [3]uint8(s.Image(i).Pix[:3]) }

func idxOf(values []byte, sizes ...int) []byte {
	out := []byte{0, 0, 8, byte(len(sizes))}
	for _, n := range sizes {
		out = binary.BigEndian.AppendUint32(out, uint32(n))
	}
	return append(out, values...)
}

func gzipped(data []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	w.Write(data)
	w.Close()
	return out.Bytes()
}
