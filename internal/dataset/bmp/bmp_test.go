package bmp

import (
	"bytes"
	"errors"
	"image"
	"strings"
	"testing"
)

// file is a bitmap of a header of 40 bytes.
func file(width, height int32, bits, compression int, behind ...byte) []byte {
	out := append([]byte("BM"), make([]byte, 12)...)
	out = order.AppendUint32(out, header3)
	out = order.AppendUint32(order.AppendUint32(out, uint32(width)), uint32(height))
	out = order.AppendUint16(order.AppendUint16(out, 1), uint16(bits))
	out = order.AppendUint32(out, uint32(compression))
	return append(append(out, make([]byte, 20)...), behind...)
}

// TestRuns: what run lengths mean, from the last row on.
func TestRuns(t *testing.T) {
	palette := make([]byte, 4*256)
	for _, c := range []struct {
		name  string
		bits  int
		codes []byte
		want  string // 4x3, empty where the file is damaged
	}{
		{"rows", 8, []byte{4, 1, 0, 0, 4, 2, 0, 0, 4, 3, 0, 1}, "3333 2222 1111"},
		{"an empty row", 8, []byte{4, 1, 0, 0, 0, 0, 4, 3, 0, 1}, "3333 0000 1111"},
		{"a row that ends early", 8, []byte{2, 1, 0, 0, 0, 1}, "0000 0000 1100"},
		{"a row too long", 8, []byte{9, 1, 0, 0, 0, 1}, "0000 0000 1111"},
		{"a move", 8, []byte{1, 1, 0, 2, 1, 2, 2, 5, 0, 1}, "0055 0000 1000"},
		{"a move away", 8, []byte{0, 2, 9, 9, 2, 5, 0, 1}, "0000 0000 0000"},
		{"as they are", 8, []byte{0, 3, 7, 8, 9, 0, 1, 6, 0, 1}, "0000 0000 7896"},
		{"halves", 4, []byte{3, 0x12, 0, 0, 0, 3, 0x45, 0x60, 0, 1}, "0000 4560 1210"},
		{"no end mark", 8, []byte{4, 1, 0, 0, 4, 2, 0, 0, 4, 3}, "3333 2222 1111"},
		{"it ends early", 8, []byte{4, 1, 0, 0, 4, 2}, ""},
		{"pixels are missing", 8, []byte{0, 4, 1}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			colours := palette[:4<<c.bits]
			data := file(4, 3, c.bits, 8/c.bits, append(colours, c.codes...)...)
			p, err := Decode(data, 12)
			if c.want == "" {
				if !errors.Is(err, errShort) {
					t.Errorf("got %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			for i, v := range p.Image.(*image.Paletted).Pix {
				if i > 0 && i%4 == 0 {
					got += " "
				}
				got += string('0' + v)
			}
			if got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

// TestRefusals: what cannot be read is refused by name, before memory is taken for it.
func TestRefusals(t *testing.T) {
	for want, data := range map[string][]byte{
		"20 bytes":        bytes.Replace(file(1, 1, 24, 0, 0, 0, 0), []byte{40, 0}, []byte{20, 0}, 1),
		"a JPEG inside":   file(1, 1, 0, jpeg),
		"a PNG inside":    file(1, 1, 0, png),
		"64 bits":         file(1, 1, 64, 0, make([]byte, 8)...),
		"has gaps":        file(1, 1, 32, fields, 5, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 1, 2, 3, 4),
		"compression 1":   file(1, 1, 4, runs8, make([]byte, 99)...),
		"ends early":      file(9000, 9000, 24, 0, 1, 2, 3),
		"size: 100000x":   file(100000, 100000, 24, 0),
		"size: 5x0":       file(5, 0, 24, 0),
		"size: -5x1":      file(-5, 1, 24, 0),
		"x2147483648 pix": file(1, -1<<31, 24, 0),
	} {
		p, err := Decode(data, 100_000_000)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
		if errors.Is(err, ErrSize) != strings.Contains(want, "x") && want != "has gaps" {
			t.Errorf("%q: %v, %v", want, p, err)
		}
	}
}
