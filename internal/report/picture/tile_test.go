package picture

import (
	"image"
	"image/color"
	"image/draw"
	"testing"

	"cmae/internal/contrastivecrop"
	"cmae/internal/report/canvas"
)

func TestHeatTile(t *testing.T) {
	tile := heatTile([]float32{0, 0, 0, 1}, 2, 100, nil)
	if got := tile.RGBAAt(0, 0); got != canvas.Viridis(0) {
		t.Errorf("coldest corner %v", got)
	}
	if got := tile.RGBAAt(99, 99); got != canvas.Viridis(1) {
		t.Errorf("hottest corner %v", got)
	}
	if a, b := tile.RGBAAt(60, 60), tile.RGBAAt(61, 61); a == canvas.Viridis(0) || a == b &&
		a == canvas.Viridis(1) {
		t.Errorf("no smooth passage: %v, %v", a, b)
	}
}

func TestOutline(t *testing.T) {
	white := color.RGBA{0xff, 0xff, 0xff, 0xff}
	tile := image.NewRGBA(image.Rect(0, 0, 100, 100))
	draw.Draw(tile, tile.Rect, image.White, image.Point{}, draw.Src)
	// last pixel 5 and 9: to 60 and 100
	outline(
		tile, frameOf(tile, contrastivecrop.Box{Top: .2, Left: .3, Bottom: .5, Right: .9}, 10),
		foundBox,
	)
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

func TestGray(t *testing.T) {
	img := image.NewRGBA(image.Rect(0, 0, 1, 2))
	img.SetRGBA(0, 0, color.RGBA{10, 11, 12, 255})
	if !isGray(img) {
		t.Error("rounding is a colour")
	}
	img.SetRGBA(0, 1, color.RGBA{10, 20, 60, 255})
	if isGray(img) {
		t.Error("blue is gray")
	}
	if makeGray(img); !isGray(img) || img.RGBAAt(0, 1) != (color.RGBA{30, 30, 30, 255}) {
		t.Errorf("made %v", img.Pix)
	}
}
