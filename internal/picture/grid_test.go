package picture

import (
	"image"
	"image/color"
	"image/draw"
	"strings"
	"testing"

	"cmae/internal/contrastivecrop"
)

func plainTile(n int, c color.Color) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, n, n))
	draw.Draw(img, img.Rect, image.NewUniform(c), image.Point{}, draw.Src)
	return img
}

func TestGrid(t *testing.T) {
	blue := color.RGBA{0, 0, 255, 255}
	g := Grid{Title: "Title", Columns: []string{"one", "a rather long head", "three"}, Panels: 2, Captions: []string{strings.Repeat("word ", 60)}}
	for range 3 {
		g.Rows = append(g.Rows, Row{"label of two lines", []*image.RGBA{plainTile(100, blue), plainTile(100, blue), plainTile(100, blue)}})
	}
	img := g.Draw()
	if want := 2*margin + 2*(labelWidth+3*104-gap) + panelGap; img.Rect.Dx() != want {
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
			case c != white && (x < margin || x >= img.Rect.Dx()-margin || y < margin-2 || y >= img.Rect.Dy()-margin+2):
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
	for _, text := range []string{"", "one", strings.Repeat("some words ", 20), strings.Repeat("nospaces", 20), "Füße über Größe"} {
		lines := p.wrap(text, 80)
		for _, line := range lines {
			if p.width(line) > 80 {
				t.Errorf("%q is wider than 80 px", line)
			}
		}
		if got := strings.ReplaceAll(strings.Join(lines, ""), " ", ""); got != strings.ReplaceAll(text, " ", "") {
			t.Errorf("%q became %q", text, lines)
		}
	}
}

func TestHeatTile(t *testing.T) {
	tile := heatTile([]float32{0, 0, 0, 1}, 2, 100, nil)
	if got := tile.RGBAAt(0, 0); got != viridisAt[0] {
		t.Errorf("coldest corner %v", got)
	}
	if got := tile.RGBAAt(99, 99); got != viridisAt[len(viridisAt)-1] {
		t.Errorf("hottest corner %v", got)
	}
	if a, b := tile.RGBAAt(60, 60), tile.RGBAAt(61, 61); a == viridisAt[0] || a == b && a == viridisAt[9] {
		t.Errorf("no smooth passage: %v, %v", a, b)
	}
}

func TestOutline(t *testing.T) {
	tile := plainTile(100, white)
	outline(tile, frameOf(tile, contrastivecrop.Box{Top: .2, Left: .3, Bottom: .5, Right: .9}, 10), foundBox) // last pixel 5 and 9: to 60 and 100
	for _, at := range []image.Point{{30, 40}, {99, 40}, {50, 20}, {50, 59}} {
		if got := tile.RGBAAt(at.X, at.Y); got != foundBox {
			t.Errorf("at %v %v, want the box", at, got)
		}
	}
	if tile.RGBAAt(50, 40) != white || tile.RGBAAt(10, 10) != white {
		t.Error("the outline is filled")
	}
}

func TestMagnify(t *testing.T) {
	for side, want := range map[int]int{1: 96, 28: 4, 32: 3, 64: 2, 96: 1, 224: 1} {
		if got := magnify(side); got != want {
			t.Errorf("side %d: times %d, want %d", side, got, want)
		}
	}
}
