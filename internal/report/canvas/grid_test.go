package canvas

import (
	"image"
	"image/color"
	"image/draw"
	"strings"
	"testing"
)

func plainTile(n int, c color.Color) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, n, n))
	draw.Draw(img, img.Rect, image.NewUniform(c), image.Point{}, draw.Src)
	return img
}

func TestGrid(t *testing.T) {
	blue := color.RGBA{0, 0, 255, 255}
	g := Grid{
		Title: "Title", Columns: []string{"one", "a rather long head", "three"}, Panels: 2,
		Captions: []string{strings.Repeat("word ", 60)},
	}
	for range 3 {
		g.Rows = append(
			g.Rows,
			Row{
				"label of two lines",
				[]*image.RGBA{plainTile(100, blue), plainTile(100, blue), plainTile(100, blue)},
			},
		)
	}
	img := g.Draw()
	if want := 2*margin + 2*(leastLabel+3*104-gap) + panelGap; img.Rect.Dx() != want {
		t.Errorf("%d px wide, want %d", img.Rect.Dx(), want)
	}
	if img.RGBAAt(0, 0) != white || img.RGBAAt(img.Rect.Dx()-1, img.Rect.Dy()-1) != white {
		t.Error("the margin is not white")
	}
	painted, ink := 0, 0
	for y := range img.Rect.Dy() {
		for x := range img.Rect.Dx() {
			switch c := img.RGBAAt(x, y); {
			case c == blue:
				painted++
			case c != white &&
				(x < margin || x >= img.Rect.Dx()-margin ||
					y < margin-2 || y >= img.Rect.Dy()-margin+2):
				t.Fatalf("text in the margin at %d, %d", x, y)
			case c != white:
				ink++
			}
		}
	}
	if painted != 9*100*100 {
		t.Errorf("%d px of tiles, want 90000: tiles overlap or were painted over", painted)
	}
	if ink < 1000 {
		t.Errorf("only %d px of text", ink)
	}
}

func TestWrap(t *testing.T) {
	p := newPen(regular(), 13)
	for _, text := range []string{
		"", "one", strings.Repeat("some words ", 20), strings.Repeat("nospaces", 20),
		"Füße über Größe",
	} {
		lines := p.wrap(text, 80)
		for _, line := range lines {
			if p.width(line) > 80 {
				t.Errorf("%q is wider than 80 px", line)
			}
		}
		if got := strings.ReplaceAll(
			strings.Join(lines, ""), " ", "",
		); got != strings.ReplaceAll(text, " ", "") {
			t.Errorf("%q became %q", text, lines)
		}
	}
}
