package atlas

import (
	"fmt"
	"image"
	"image/color"
	"math"

	"golang.org/x/image/draw"

	"cmae/internal/report/canvas"
)

// picture is the map as one image: small images where there is room, one a place, with borders in
// the colour of their group or cluster.
func (a *atlas) picture() image.Image {
	const cell = thumbSide + 4
	cells := max(12, min(44, int(1.3*math.Sqrt(float64(len(a.Paths))))))
	side := cells * cell
	tile := image.NewRGBA(image.Rect(0, 0, side, side))
	draw.Draw(tile, tile.Rect, image.White, image.Point{}, draw.Src)
	taken, left := map[image.Point]bool{}, 0
	of, names := a.clusters, a.count
	if a.Groups != nil {
		of, names = a.Labels, len(a.Groups)
	}
	for i, p := range a.places {
		at := image.Pt(min(int(p.X*float64(cells)), cells-1), min(int(p.Y*float64(cells)), cells-1))
		if taken[at] {
			left++
			continue
		}
		taken[at] = true
		frame := image.Rect(0, 0, cell-1, cell-1).Add(at.Mul(cell))
		draw.Draw(tile, frame, image.NewUniform(hue(of[i], names)), image.Point{}, draw.Src)
		small := frame.Inset(2)
		draw.Draw(tile, small, a.Thumbs[i], image.Point{}, draw.Src)
	}
	what := "cluster"
	if a.Groups != nil && a.ByClass {
		what = "class"
	} else if a.Groups != nil {
		what = "folder"
	}
	caption := fmt.Sprintf(
		"%d images by t-SNE of their features, one a place; %d share a place with another and are "+
			"left out. Borders: %s.",
		len(a.Paths), left, what,
	)
	g := canvas.Grid{
		Title: "Map: " + a.title, Columns: []string{""}, Captions: []string{caption},
	}
	g.Add("", []*image.RGBA{tile})
	return g.Draw()
}

// hue is one of so many colours, apart from its neighbours.
func hue(i, of int) color.RGBA {
	at := 6 * math.Mod(float64(i)*.381966, 1)
	if of <= 12 {
		at = 6 * float64(i) / float64(of)
	}
	part := func(shift float64) uint8 {
		x := math.Mod(at+shift, 6)
		return uint8(40 + 175*min(max(math.Abs(x-3)-1, 0), 1))
	}
	return color.RGBA{part(0), part(4), part(2), 0xff}
}
